extension Picture {
  /// Decodes the bytes of a PNG or JPEG file, whichever they are by their first bytes.
  ///
  /// The result is upright (the EXIF orientation is applied), RGB (grey is repeated, CMYK
  /// converted, 16 bits rounded to 8) and opaque: transparent pixels are mixed with `background` in
  /// sRGB values, as picture viewers do it. Embedded ICC profiles are not applied.
  ///
  /// - Throws: ``PictureError`` if the bytes are no complete PNG or JPEG picture or exceed
  ///   `limits`.
  public init(
    decoding bytes: [UInt8], background: RGB = .white, limits: DecodingLimits = .standard
  ) throws {
    try limits.check(fileBytes: bytes.count)
    let stored: Picture
    let orientation: Orientation
    switch try FileFormat(recognizing: bytes) {
    case .png:
      stored = try Picture(decodingPNG: bytes, background: background, limits: limits)
      orientation = Orientation(ofPNG: bytes)
    case .jpeg:
      let segments = JPEGSegments(bytes)
      stored = try Picture(decodingJPEG: bytes, segments: segments, limits: limits)
      orientation = segments.exif.flatMap(Orientation.init(exif:)) ?? .upright
    }
    self = stored.upright(from: orientation)
  }

  /// Reads and decodes a PNG or JPEG file; its name's extension does not matter.
  ///
  /// - Throws: ``PictureError`` if the path is not a readable regular file, or as
  ///   ``init(decoding:background:limits:)`` does.
  public init(
    contentsOf path: String, background: RGB = .white, limits: DecodingLimits = .standard
  ) throws {
    let bytes = try readPictureFile(path, limits: limits)
    try self.init(decoding: bytes, background: background, limits: limits)
  }
}
