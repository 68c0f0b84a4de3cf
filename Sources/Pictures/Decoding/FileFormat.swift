import Wording

/// A picture format that is decoded here.
enum FileFormat: Equatable {
  case png
  case jpeg

  /// Recognizes a file by its first bytes.
  ///
  /// - Throws: ``PictureError`` for everything but PNG and JPEG; what people commonly have among
  ///   their pictures is called by its name.
  init(recognizing bytes: [UInt8]) throws {
    guard !bytes.isEmpty else { throw PictureError.empty }
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
      self = .png
    } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = .jpeg
    } else if let kind = FileFormat.otherPicture(bytes) {
      throw PictureError.unsupported(
        kind: "\(kind) picture", advice: "convert it to PNG or JPEG")
    } else if bytes.starts(with: Array("version https://git-lfs".utf8)) {
      throw PictureError.unsupported(
        kind: "a Git LFS pointer", advice: "fetch the picture with `git lfs pull`")
    } else if FileFormat.isWebPage(bytes) {
      throw PictureError.unsupported(
        kind: "a web page", advice: "download the picture itself")
    } else if let signature = FileFormat.signaturePrefix(bytes) {
      throw PictureError.truncated(format: signature, reason: "only \(bytes.count.counted("byte"))")
    } else {
      throw PictureError.notAPicture
    }
  }

  /// A format that is not decoded here, with its article.
  private static func otherPicture(_ bytes: [UInt8]) -> String? {
    func has(_ text: String, at offset: Int = 0) -> Bool {
      bytes.dropFirst(offset).starts(with: text.utf8)
    }
    if has("GIF87a") || has("GIF89a") { return "a GIF" }
    if has("RIFF") && has("WEBP", at: 8) { return "a WebP" }
    if has("II*\0") || has("MM\0*") || has("II+\0") || has("MM\0+") { return "a TIFF" }
    if has("8BPS") { return "a Photoshop" }
    if has("ftyp", at: 4) {
      if has("avif", at: 8) || has("avis", at: 8) { return "an AVIF" }
      let heif = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"]
      if heif.contains(where: { has($0, at: 8) }) { return "a HEIC" }
    }
    if has("\0\0\0\u{0C}JXL ") || bytes.starts(with: [0xFF, 0x0A]) { return "a JPEG XL" }
    if has("\0\0\0\u{0C}jP  ") { return "a JPEG 2000" }
    // Two letters begin many files; a bitmap also has four reserved bytes, all zero.
    if has("BM") && has("\0\0\0\0", at: 6) { return "a BMP" }
    return nil
  }

  private static func isWebPage(_ bytes: [UInt8]) -> Bool {
    let opening = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased()
    return opening.contains("<!doctype html") || opening.contains("<html")
  }

  /// The format whose signature was cut off by the end of the file.
  private static func signaturePrefix(_ bytes: [UInt8]) -> String? {
    if bytes.count < 8, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A].starts(with: bytes) {
      return "PNG"
    }
    if bytes.count < 3, [0xFF, 0xD8, 0xFF].starts(with: bytes) { return "JPEG" }
    return nil
  }
}
