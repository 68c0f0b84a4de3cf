import CPNG
import Foundation

extension Picture {
  /// Decodes a PNG file of any colour type and depth, interlaced or not.
  init(decodingPNG bytes: [UInt8], background: RGB, limits: DecodingLimits) throws {
    try PNGChunk.checkLengths(in: bytes)
    var image = png_image()
    // libpng keeps the address of `image` from the first call to the last, so it has to stay put.
    self = try withUnsafeMutablePointer(to: &image) { image in
      image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
      defer { png_image_free(image) }
      return try bytes.withUnsafeBytes { file in
        guard png_image_begin_read_from_memory(image, file.baseAddress, file.count) != 0 else {
          throw PictureError(decodingPNG: image.pointee)
        }
        // When it reduces interlaced 16-bit samples to 8, libpng overruns the buffer up to 1.6.50
        // (CVE-2025-65018) and mixes up rows since (its issue 853).
        let isInterlacedAndDeep = bytes[24] == 16 && bytes[28] == 1
        return try Picture(
          finishing: image, keepingDepth: isInterlacedAndDeep, background: background,
          limits: limits)
      }
    }
  }

  private init(
    finishing image: UnsafeMutablePointer<png_image>, keepingDepth: Bool, background: RGB,
    limits: DecodingLimits
  ) throws {
    let width = Int(image.pointee.width)
    let height = Int(image.pointee.height)
    try limits.check(width: width, height: height)

    // Without this flag libpng takes 16-bit samples for linear light.
    image.pointee.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
    // libpng would mix with a background in linear light, so alpha is asked for and mixed here.
    let hasAlpha = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
    image.pointee.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    if hasAlpha { image.pointee.format |= png_uint_32(PNG_FORMAT_FLAG_ALPHA) }
    let channels = hasAlpha ? 4 : 3
    if keepingDepth { image.pointee.format |= png_uint_32(PNG_FORMAT_FLAG_LINEAR) }

    let pixels: [UInt8]
    if keepingDepth {
      let samples: [UInt16] = try image.finishReading(count: width * height * channels)
      pixels = samples.encodedLight(channels: channels, over: background)
    } else {
      let samples: [UInt8] = try image.finishReading(count: width * height * channels)
      pixels = hasAlpha ? samples.mixed(over: background) : samples
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}

extension UnsafeMutablePointer<png_image> {
  /// Decodes all samples, in the format that the image asks for.
  fileprivate func finishReading<Sample: FixedWidthInteger>(count: Int) throws -> [Sample] {
    try [Sample](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      guard png_image_finish_read(self, nil, buffer.baseAddress, 0, nil) != 0 else {
        throw PictureError(decodingPNG: pointee)
      }
      initializedCount = count
    }
  }
}

extension [UInt8] {
  /// RGBA mixed with a background, as RGB.
  fileprivate func mixed(over background: RGB) -> [UInt8] {
    func mix(_ foreground: UInt8, _ background: UInt8, _ alpha: Int) -> UInt8 {
      UInt8((Int(foreground) * alpha + Int(background) * (255 - alpha) + 127) / 255)
    }
    return [UInt8](unsafeUninitializedCapacity: count / 4 * 3) { buffer, initializedCount in
      for index in 0..<(count / 4) {
        let source = index * 4
        let alpha = Int(self[source + 3])
        buffer[index * 3] = mix(self[source], background.red, alpha)
        buffer[index * 3 + 1] = mix(self[source + 1], background.green, alpha)
        buffer[index * 3 + 2] = mix(self[source + 2], background.blue, alpha)
      }
      initializedCount = buffer.count
    }
  }
}

extension [UInt16] {
  /// Linear light, multiplied by its alpha if it has one, as RGB mixed with a background in
  /// encoded values.
  fileprivate func encodedLight(channels: Int, over background: RGB) -> [UInt8] {
    // What libpng takes for the exponent of sRGB.
    let encodingExponent = 1 / 2.2
    let backgrounds = [background.red, background.green, background.blue].map(Double.init)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count / channels * 3)
    for source in stride(from: 0, to: count, by: channels) {
      let alpha = channels == 4 ? Double(self[source + 3]) / 65535 : 1
      for channel in 0..<3 {
        let light = alpha > 0 ? Double(self[source + channel]) / 65535 / alpha : 0
        let level = 255 * pow(Swift.min(light, 1), encodingExponent)
        pixels.append(UInt8((level * alpha + backgrounds[channel] * (1 - alpha)).rounded()))
      }
    }
    return pixels
  }
}

extension PictureError {
  fileprivate init(decodingPNG image: png_image) {
    let message = image.messageText
    // The two ways in which libpng says that the bytes ran out.
    let ranOut = message.contains("read beyond end of data") || message.contains("Not enough")
    self =
      ranOut
      ? .truncated(format: "PNG", reason: message) : .damaged(format: "PNG", reason: message)
  }
}

extension png_image {
  /// What libpng last complained about.
  var messageText: String {
    withUnsafeBytes(of: message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
