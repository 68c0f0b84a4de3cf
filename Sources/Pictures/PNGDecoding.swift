import CPNG

extension Picture {
  /// Decodes a PNG file of any colour type and depth, interlaced or not.
  init(decodingPNG bytes: [UInt8], background: RGB, limits: DecodingLimits) throws {
    var image = png_image()
    // libpng keeps the address of `image` from the first call to the last, so it has to stay put.
    self = try withUnsafeMutablePointer(to: &image) { image in
      image.pointee.version = png_uint_32(PNG_IMAGE_VERSION)
      defer { png_image_free(image) }
      return try bytes.withUnsafeBytes { file in
        guard png_image_begin_read_from_memory(image, file.baseAddress, file.count) != 0 else {
          throw PictureError(decodingPNG: image.pointee)
        }
        return try Picture(finishing: image, background: background, limits: limits)
      }
    }
  }

  private init(
    finishing image: UnsafeMutablePointer<png_image>, background: RGB, limits: DecodingLimits
  ) throws {
    let width = Int(image.pointee.width)
    let height = Int(image.pointee.height)
    try limits.check(width: width, height: height)

    // Without this flag libpng takes 16-bit samples for linear light.
    image.pointee.flags |= png_uint_32(PNG_IMAGE_FLAG_16BIT_sRGB)
    // libpng would mix with a background in linear light, so alpha is asked for and mixed here.
    let hasAlpha = image.pointee.format & png_uint_32(PNG_FORMAT_FLAG_ALPHA) != 0
    let channels = hasAlpha ? 4 : 3
    image.pointee.format = png_uint_32(PNG_FORMAT_FLAG_COLOR)
    if hasAlpha { image.pointee.format |= png_uint_32(PNG_FORMAT_FLAG_ALPHA) }

    let pixels = try [UInt8](
      unsafeUninitializedCapacity: width * height * channels
    ) { buffer, initializedCount in
      guard png_image_finish_read(image, nil, buffer.baseAddress, 0, nil) != 0 else {
        throw PictureError(decodingPNG: image.pointee)
      }
      if hasAlpha { buffer.mixAlpha(with: background, pixelCount: width * height) }
      initializedCount = width * height * 3
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}

extension UnsafeMutableBufferPointer<UInt8> {
  /// Turns RGBA into RGB in place: the n-th result never lies behind the n-th source.
  fileprivate func mixAlpha(with background: RGB, pixelCount: Int) {
    for index in 0..<pixelCount {
      let source = index * 4
      let target = index * 3
      let alpha = Int(self[source + 3])
      let red = mix(Int(self[source]), Int(background.red), alpha)
      let green = mix(Int(self[source + 1]), Int(background.green), alpha)
      let blue = mix(Int(self[source + 2]), Int(background.blue), alpha)
      self[target] = red
      self[target + 1] = green
      self[target + 2] = blue
    }
  }

  private func mix(_ foreground: Int, _ background: Int, _ alpha: Int) -> UInt8 {
    UInt8((foreground * alpha + background * (255 - alpha) + 127) / 255)
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
