/// What a picture file may ask for before anything is allocated for it.
///
/// A file of a few bytes can claim to hold billions of pixels; its header is held against these
/// limits first.
public struct DecodingLimits: Sendable, Equatable {
  /// The largest width and the largest height, in pixels.
  public var maximumSide: Int
  /// The largest product of width and height.
  public var maximumPixels: Int
  /// The largest file, in bytes.
  public var maximumFileBytes: Int

  public init(maximumSide: Int, maximumPixels: Int, maximumFileBytes: Int) {
    self.maximumSide = maximumSide
    self.maximumPixels = maximumPixels
    self.maximumFileBytes = maximumFileBytes
  }

  /// 32,768 pixels a side, 100 million pixels, 256 MB: room for a museum's scans, on a node with
  /// about 1 GB to spare while one is decoded.
  public static let standard = DecodingLimits(
    maximumSide: 32_768, maximumPixels: 100_000_000, maximumFileBytes: 256_000_000)

  /// Throws ``PictureError/tooManyPixels(width:height:limits:)`` for a picture over the limits.
  func check(width: Int, height: Int) throws {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard width <= maximumSide, height <= maximumSide, !overflow, pixels <= maximumPixels else {
      throw PictureError.tooManyPixels(width: width, height: height, limits: self)
    }
  }

  /// Throws ``PictureError/tooManyBytes(count:limits:)`` for a file over the limit.
  func check(fileBytes: Int) throws {
    guard fileBytes <= maximumFileBytes else {
      throw PictureError.tooManyBytes(count: fileBytes, limits: self)
    }
  }
}
