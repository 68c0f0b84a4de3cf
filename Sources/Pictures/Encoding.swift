import CPNG
import CTurboJPEG
import Files
import Foundation

extension Picture {
  /// The picture as a PNG file.
  ///
  /// - Throws: ``PictureError/notEncoded(format:reason:)``, which means that memory ran out.
  public func pngBytes() throws -> [UInt8] {
    var image = png_image()
    image.version = png_uint_32(PNG_IMAGE_VERSION)
    image.width = png_uint_32(width)
    image.height = png_uint_32(height)
    image.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    // Incompressible pixels grow by far less than an eighth; the rest is the header's share.
    var byteCount = png_alloc_size_t(pixels.count + height + pixels.count / 8 + 4096)
    return try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initializedCount in
      guard
        png_image_write_to_memory(&image, buffer.baseAddress, &byteCount, 0, pixels, 0, nil) != 0
      else { throw PictureError.notEncoded(format: "PNG", reason: image.messageText) }
      initializedCount = byteCount
    }
  }

  /// The picture as a JPEG file with full-resolution colour (4:4:4).
  ///
  /// - Parameter quality: From 1 to 100.
  /// - Throws: ``PictureError/notEncoded(format:reason:)``, for a side over 65,500 pixels.
  public func jpegBytes(quality: Int = 95) throws -> [UInt8] {
    precondition((1...100).contains(quality), "JPEG quality \(quality) is not from 1 to 100")
    guard let compressor = tjInitCompress() else {
      throw PictureError.notEncoded(format: "JPEG", reason: "the encoder did not start")
    }
    defer { tjDestroy(compressor) }
    var file: UnsafeMutablePointer<UInt8>?
    var byteCount: UInt = 0
    defer { tjFree(file) }
    let status = tjCompress2(
      compressor, pixels, Int32(width), 0, Int32(height), TJPF_RGB.rawValue,
      &file, &byteCount, Int32(bitPattern: TJSAMP_444.rawValue), Int32(quality),
      TJFLAG_ACCURATEDCT)
    guard status == 0, let file else {
      throw PictureError.notEncoded(format: "JPEG", reason: complaint(of: compressor))
    }
    return Array(UnsafeBufferPointer(start: file, count: Int(byteCount)))
  }

  /// Writes the picture as a PNG file that appears under its name only when it is complete.
  ///
  /// - Throws: ``PictureError/unwritable(path:reason:)`` if the system refuses; an older file of
  ///   that name is then untouched.
  public func writePNG(to path: String) throws {
    let bytes = try pngBytes()
    do {
      // What can be drawn again need not survive a power cut.
      try NewFile.write(bytes, to: path, isDurable: false)
    } catch let error as SystemError {
      throw PictureError.unwritable(path: path, reason: "\(error)")
    }
  }
}
