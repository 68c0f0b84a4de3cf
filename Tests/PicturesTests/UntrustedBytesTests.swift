import Pictures
import Testing

@Suite("Bytes that are not a whole picture")
struct UntrustedBytesTests {
  static let jpegs = ["baseline-420", "progressive", "grey", "ycck", "exif-6"]

  @Test("a JPEG cut off anywhere is refused, and as truncated", arguments: jpegs)
  func truncatedJPEG(name: String) throws {
    let whole = try fixture("\(name).jpg")
    var reasons: [String] = []
    for length in 1..<whole.count {
      let error = #expect(throws: PictureError.self) {
        try Picture(decoding: Array(whole.prefix(length)))
      }
      if let error { reasons.append("\(error)") }
    }
    #expect(reasons.allSatisfy { $0.hasPrefix("truncated JPEG (") }, "\(Set(reasons).sorted())")
    #expect(reasons.last == "truncated JPEG (Premature end of JPEG file)")
  }

  @Test("a PNG cut off before its last row is refused, and as truncated", arguments: PNGKind.all)
  func truncatedPNG(kind: PNGKind) throws {
    var file = kind.file
    if kind.colorType == .palette {
      file.chunks = [("PLTE", [UInt8](repeating: 7, count: kind.levels * 3))]
    }
    let whole = file.bytes(sample: kind.sample)
    let expected = try Picture(decoding: whole)
    let endChunk = 12
    let checksums = 8
    // Deep samples are slow to decode: libpng computes large tables first.
    for length in stride(from: 1, to: whole.count, by: kind.depth == 16 ? 7 : 1) {
      do {
        let decoded = try Picture(decoding: Array(whole.prefix(length)))
        // Without its end chunk or checksums all of the picture is still there.
        #expect(length >= whole.count - endChunk - checksums, "\(length) of \(whole.count) bytes")
        #expect(decoded == expected)
      } catch {
        #expect("\(error)".hasPrefix("truncated PNG ("), "\(length) of \(whole.count): \(error)")
      }
    }
  }

  @Test("a changed byte never does worse than to refuse or to change the picture", arguments: jpegs)
  func damagedJPEG(name: String) throws {
    try damageEveryByte(of: fixture("\(name).jpg"))
  }

  @Test(
    "a changed byte in a PNG is noticed by its checksum",
    arguments: PNGKind.all.filter { $0.depth == 8 && $0.colorType != .palette })
  func damagedPNG(kind: PNGKind) throws {
    let whole = kind.file.bytes(sample: kind.sample)
    try damageEveryByte(of: whole)
    var bytes = whole
    bytes[whole.count / 2] ^= 1
    #expect(throws: PictureError.self) { try Picture(decoding: bytes) }
  }

  private func damageEveryByte(of whole: [UInt8]) throws {
    let limits = DecodingLimits(
      maximumSide: 1000, maximumPixels: 100_000, maximumFileBytes: 100_000)
    for index in whole.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = whole
        bytes[index] ^= change
        do {
          let decoded = try Picture(decoding: bytes, limits: limits)
          #expect(decoded.pixels.count == decoded.width * decoded.height * 3)
        } catch {
          #expect(error is PictureError)
        }
      }
    }
  }

  @Test("a header that claims too many pixels is refused before they are allocated")
  func dimensionBombs() throws {
    let png = PNGFile(width: 1_000_000, height: 1_000_000, colorType: .grey, depth: 1)
    var header = PNGFile(width: 1, height: 1, colorType: .grey, depth: 1).bytes { _, _, _ in 0 }
    // The signature, the header chunk and its checksum, without a trillion samples behind them.
    header.replaceSubrange(0..<33, with: png.headerBytes)
    #expect(throws: tooManyPixels(1_000_000, 1_000_000)) { try Picture(decoding: header) }

    var jpeg = try fixture("baseline-444.jpg")
    let frame = try #require(
      jpeg.indices.first { jpeg[$0...].starts(with: [0xFF, 0xC0]) })
    jpeg.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0xFF, 0xDC])
    #expect(throws: tooManyPixels(65_500, 65_500)) { try Picture(decoding: jpeg) }
  }

  @Test("a chunk that claims more bytes than the file has is refused before they are allocated")
  func chunkBomb() throws {
    var file = PNGFile(width: 7, height: 124, colorType: .rgb, depth: 8)
    file.chunks = [("eXIf", Array("MM\0*\0\0\0\u{8}\0\u{1}".utf8))]
    let sound = file.bytes { _, _, _ in 7 }
    #expect(try Picture(decoding: sound).height == 124)
    // As libFuzzer found it: 453 MB in a file of 181 bytes.
    var bytes = sound
    bytes.replaceSubrange(33..<37, with: [0x1B, 0x01, 0x25, 0x30])
    let error = #expect(throws: PictureError.self) { try Picture(decoding: bytes) }
    #expect(error?.description == "truncated PNG (a chunk before its pixels has 453059888 bytes)")
  }

  @Test("limits hold exactly")
  func limits() throws {
    let bytes = try fixture("grey.jpg")
    let exact = DecodingLimits(
      maximumSide: 40, maximumPixels: 960, maximumFileBytes: bytes.count)
    #expect(try Picture(decoding: bytes, limits: exact).width == 40)
    for path in [
      \DecodingLimits.maximumSide, \DecodingLimits.maximumPixels, \DecodingLimits.maximumFileBytes,
    ] {
      var limits = exact
      limits[keyPath: path] -= 1
      #expect(throws: PictureError.self) { try Picture(decoding: bytes, limits: limits) }
    }
  }

  private func tooManyPixels(_ width: Int, _ height: Int) -> PictureError {
    .tooManyPixels(width: width, height: height, limits: .standard)
  }

  @Test(
    "what is no PNG or JPEG says what it is",
    arguments: [
      ("", "empty file"),
      ("Dear diary", "not a PNG or JPEG picture (its first bytes are of no known format)"),
      ("GIF89a......", "is a GIF picture; convert it to PNG or JPEG"),
      ("RIFF\u{1}\u{2}\u{3}\u{4}WEBPVP8 ", "is a WebP picture; convert it to PNG or JPEG"),
      ("BM\u{1}\u{2}\u{3}\u{4}\0\0\0\0", "is a BMP picture; convert it to PNG or JPEG"),
      ("II*\0....", "is a TIFF picture; convert it to PNG or JPEG"),
      ("MM\0*....", "is a TIFF picture; convert it to PNG or JPEG"),
      ("\0\0\0\u{18}ftypheic", "is a HEIC picture; convert it to PNG or JPEG"),
      ("\0\0\0\u{18}ftypavif", "is an AVIF picture; convert it to PNG or JPEG"),
      (
        "version https://git-lfs.github.com/spec/v1",
        "is a Git LFS pointer; fetch the picture with `git lfs pull`"
      ),
      ("<!DOCTYPE html><html>", "is a web page; download the picture itself"),
    ])
  func otherFiles(text: String, reason: String) {
    let error = #expect(throws: PictureError.self) { try Picture(decoding: Array(text.utf8)) }
    #expect(error?.description == reason)
  }
}
