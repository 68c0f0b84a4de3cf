import CTurboJPEG

extension Picture {
  /// Decodes a baseline or progressive JPEG file: grey, YCbCr, RGB, CMYK or YCCK.
  ///
  /// The result is as stored; the EXIF orientation is not applied yet.
  init(decodingJPEG bytes: [UInt8], segments: JPEGSegments, limits: DecodingLimits) throws {
    guard let decompressor = tjInitDecompress() else {
      throw PictureError.damaged(format: "JPEG", reason: "the decoder did not start")
    }
    defer { tjDestroy(decompressor) }
    let header = try JPEGHeader(of: bytes, segments: segments, decompressor: decompressor)
    try limits.check(width: header.width, height: header.height)

    let pixelCount = header.width * header.height
    let channels = header.hasInks ? 4 : 3
    let pixels = try [UInt8](
      unsafeUninitializedCapacity: pixelCount * channels
    ) { buffer, initializedCount in
      let status = tjDecompress2(
        decompressor, bytes, UInt(bytes.count), buffer.baseAddress,
        Int32(header.width), 0, Int32(header.height),
        (header.hasInks ? TJPF_CMYK : TJPF_RGB).rawValue,
        TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
      if status != 0 { try segments.checkComplaint(of: decompressor) }
      if header.hasInks {
        buffer.convertInks(pixelCount: pixelCount, inverted: segments.hasAdobeSegment)
      }
      initializedCount = pixelCount * 3
    }
    self.init(width: header.width, height: header.height, pixels: pixels)
  }
}

/// What has to be known about a JPEG picture before it is decoded.
private struct JPEGHeader {
  let width: Int
  let height: Int
  /// Whether the four channels are cyan, magenta, yellow and black.
  let hasInks: Bool

  init(of bytes: [UInt8], segments: JPEGSegments, decompressor: tjhandle) throws {
    var width: Int32 = 0
    var height: Int32 = 0
    var subsampling: Int32 = 0
    var colorSpace: Int32 = -1
    let status = tjDecompressHeader3(
      decompressor, bytes, UInt(bytes.count), &width, &height, &subsampling, &colorSpace)
    // A status of failure with all of these set complains only about a subsampling that has no name
    // in TurboJPEG; it is decoded nevertheless.
    guard status == 0 || (width > 0 && height > 0 && colorSpace >= 0) else {
      throw PictureError(decodingJPEG: complaint(of: decompressor), segments: segments)
    }
    self.width = Int(width)
    self.height = Int(height)
    let inkSpaces = [TJCS_CMYK, TJCS_YCCK].map { Int32(bitPattern: $0.rawValue) }
    self.hasInks = inkSpaces.contains(colorSpace)
  }
}

extension JPEGSegments {
  /// Throws if what the decoder complained about has cost part of the picture.
  ///
  /// libjpeg fills missing and undecodable parts with grey and calls that a warning. Only the first
  /// warning is kept, so a harmless one may hide the end of the file, which is looked for here.
  fileprivate func checkComplaint(of decompressor: tjhandle) throws {
    let message = complaint(of: decompressor)
    let harmless = [
      "extraneous bytes before marker", "Invalid SOS parameters", "Unknown Adobe color transform",
      "unknown JFIF revision",
    ]
    guard
      tjGetErrorCode(decompressor) == Int32(bitPattern: TJERR_WARNING.rawValue),
      harmless.contains(where: message.contains)
    else { throw PictureError(decodingJPEG: message, segments: self) }
    guard hasEndMarker else {
      throw PictureError.truncated(format: "JPEG", reason: "the end marker is missing")
    }
  }
}

extension UnsafeMutableBufferPointer<UInt8> {
  /// Turns CMYK into RGB in place.
  ///
  /// - Parameter inverted: Whether 255 stands for no ink, as in every file with an Adobe segment.
  fileprivate func convertInks(pixelCount: Int, inverted: Bool) {
    let flip: UInt8 = inverted ? 0 : 255
    for index in 0..<pixelCount {
      let source = index * 4
      let target = index * 3
      let light = Int(self[source + 3] ^ flip)
      let red = (Int(self[source] ^ flip) * light + 127) / 255
      let green = (Int(self[source + 1] ^ flip) * light + 127) / 255
      let blue = (Int(self[source + 2] ^ flip) * light + 127) / 255
      self[target] = UInt8(red)
      self[target + 1] = UInt8(green)
      self[target + 2] = UInt8(blue)
    }
  }
}

extension PictureError {
  /// A file without an end has been cut off, whatever the decoder stumbled over first.
  fileprivate init(decodingJPEG message: String, segments: JPEGSegments) {
    self =
      segments.hasEndMarker
      ? .damaged(format: "JPEG", reason: message) : .truncated(format: "JPEG", reason: message)
  }
}

/// What TurboJPEG last complained about.
func complaint(of handle: tjhandle) -> String {
  tjGetErrorStr2(handle).map { String(cString: $0) } ?? "unknown reason"
}
