import Wording

/// Why a picture could not be read or written.
///
/// The description is one clause that reads well after the file's name, as in
/// `skipped portraits/x.jpg: truncated JPEG (Premature end of JPEG file)`.
public enum PictureError: Error, Sendable, Equatable {
  /// The system refused to open or read the file.
  case unreadable(reason: String)
  /// The path names a directory, a pipe, a device or a socket.
  case notARegularFile(kind: String)
  /// The file has no bytes.
  case empty
  /// The first bytes are those of no format known here.
  case notAPicture
  /// The file is of a known kind that is not decoded here.
  case unsupported(kind: String, advice: String)
  /// The file ends before its picture does.
  case truncated(format: String, reason: String)
  /// The file contradicts itself, or uses a feature that its decoder does not have.
  case damaged(format: String, reason: String)
  /// The header claims more pixels than the limits allow.
  case tooManyPixels(width: Int, height: Int, limits: DecodingLimits)
  /// The file is longer than the limits allow.
  case tooManyBytes(count: Int, limits: DecodingLimits)
  /// The encoder refused the picture.
  case notEncoded(format: String, reason: String)
  /// The system refused to write the file.
  case unwritable(path: String, reason: String)
}

extension PictureError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read (\(reason))"
    case .notARegularFile(let kind): "is \(kind), not a regular file"
    case .empty: "empty file"
    case .notAPicture: "not a PNG or JPEG picture (its first bytes are of no known format)"
    case .unsupported(let kind, let advice): "is \(kind); \(advice)"
    case .truncated(let format, let reason): "truncated \(format) (\(reason))"
    case .damaged(let format, let reason): "damaged \(format) (\(reason))"
    case .tooManyPixels(let width, let height, let limits):
      "claims \(width)×\(height) pixels; the limits are \(limits.maximumSide) a side and "
        + "\(limits.maximumPixels) in all"
    case .tooManyBytes(let count, let limits):
      "has \(count.counted("byte")); the limit is \(limits.maximumFileBytes)"
    case .notEncoded(let format, let reason): "cannot be encoded as \(format) (\(reason))"
    case .unwritable(let path, let reason): "cannot write \(path) (\(reason))"
    }
  }
}
