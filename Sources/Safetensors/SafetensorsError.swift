import Files
import Foundation

/// Why a safetensors file could not be read or written: what, where, and what to do.
public enum SafetensorsError: Error, Equatable {
  /// The operating system refused to open or read the file.
  case cannotRead(path: String, reason: String)
  /// The file breaks a rule of the safetensors format, for example because it was cut short.
  case malformed(path: String, reason: String)
  /// The bytes of the file are not those that were written.
  case damaged(path: String, expected: UInt32, found: UInt32)
  /// The file carries no checksum although its reader insists on one.
  case noChecksum(path: String)
  /// The file has no tensor of that name.
  case noTensor(path: String, name: String)
  /// The tensor's elements are of another type than the one asked for.
  case unexpectedType(path: String, name: String, found: SafetensorsDType, wanted: String)
  /// The file could not be written, or not so that it would survive a power cut.
  case cannotWrite(path: String, reason: String)
  /// The file was written, but what the disk gave back is something else; whatever stood under its
  /// name before is untouched.
  case readsBackDifferently(path: String, reason: String)
}

extension SafetensorsError {
  static func cannotRead(path: String, because error: SystemError) -> SafetensorsError {
    .cannotRead(path: path, reason: error.description.lowercased())
  }

  static func cannotWrite(path: String, because error: SystemError) -> SafetensorsError {
    .cannotWrite(path: path, reason: error.description.lowercased())
  }
}

extension SafetensorsError: CustomStringConvertible, LocalizedError {
  public var description: String { "\(parts.path): \(parts.complaint). \(parts.advice)" }

  public var errorDescription: String? { description }

  /// What is wrong, without where it is and what to do, for a sentence that says so itself.
  public var complaint: String { parts.complaint }

  private var parts: (path: String, complaint: String, advice: String) {
    switch self {
    case .cannotRead(let path, let reason):
      return (path, "cannot be read: \(reason)", "Check the path and its permissions.")
    case .malformed(let path, let reason):
      return (
        path, "is not a valid safetensors file: \(reason)",
        "Use another checkpoint, or copy the file again from where it came."
      )
    case .damaged(let path, let expected, let found):
      return (
        path, "is damaged: its checksum is \(hexadecimal(found)), not \(hexadecimal(expected))",
        "Use another checkpoint; if another program rewrote the file on purpose, remove the "
          + "\(Checksum.valueKey) and \(Checksum.scopeKey) keys from its metadata."
      )
    case .noChecksum(let path):
      return (
        path, "carries no checksum, so damage could not be seen", "Use a file that gan-dist wrote."
      )
    case .noTensor(let path, let name):
      return (
        path, "has no tensor named \(name)",
        "Check that the file belongs to this architecture and image size."
      )
    case .unexpectedType(let path, let name, let found, let wanted):
      return (
        path, "tensor \(name) holds \(found.rawValue), not \(wanted)",
        "Convert it where the file was made."
      )
    case .cannotWrite(let path, let reason):
      return (
        path, "cannot be written: \(reason)", "Free some space or choose another folder."
      )
    case .readsBackDifferently(let path, let reason):
      return (
        path, "was written, but what the disk gave back \(reason)",
        "The disk or this machine's memory may be failing; choose another folder or machine."
      )
    }
  }
}
