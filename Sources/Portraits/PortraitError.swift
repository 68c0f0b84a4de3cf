import Foundation

/// A file that was left out, and why.
public struct SkippedFile: Hashable, Sendable, Codable {
  /// The path relative to the scanned folder.
  public let path: String
  /// What is the matter with the file: a clause that reads well after its path.
  public let reason: String

  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
}

extension SkippedFile: CustomStringConvertible {
  /// The path and the reason on one line.
  public var description: String { "\(path): \(reason)" }
}

/// Why there are no portraits to train on.
public enum PortraitError: Error, Hashable, Sendable {
  /// There is nothing at `path`.
  case folderMissing(path: String)
  /// There is something at `path`, but not a folder.
  case notAFolder(path: String)
  /// The folder at `path` cannot be listed.
  case folderUnreadable(path: String, reason: String)
  /// The folder at `path` holds no files, except perhaps hidden ones.
  case folderEmpty(path: String)
  /// The folder at `path` holds files, but every one had to be left out.
  case nothingUsable(path: String, skipped: [SkippedFile])
  /// The image store at `path` cannot be read.
  case storeUnreadable(path: String, reason: String)
  /// The file at `path` is not a complete image store.
  case storeDamaged(path: String, reason: String)
  /// The image store at `path` cannot be written.
  case storeUnwritable(path: String, reason: String)
}

extension PortraitError: CustomStringConvertible, LocalizedError {
  /// One sentence for the user: what, where, and what to do.
  public var description: String {
    switch self {
    case .folderMissing(let path):
      "there is no folder at \(path); check the path, and that this host sees the same files"
    case .notAFolder(let path):
      "\(path) is not a folder; name the folder that holds the portraits"
    case .folderUnreadable(let path, let reason):
      "the folder \(path) cannot be read (\(reason)); check its permissions"
    case .folderEmpty(let path):
      "the folder \(path) holds no files; put JPEG or PNG portraits into it or its subfolders"
    case .nothingUsable(let path, let skipped):
      "\(path) holds no file that can be used, of \(skipped.count): "
        + skipped.prefix(3).map { "\($0)" }.joined(separator: "; ")
        + (skipped.count > 3 ? "; and so on" : "")
    case .storeUnreadable(let path, let reason):
      "the image store \(path) cannot be read (\(reason)); check the path and its permissions"
    case .storeDamaged(let path, let reason):
      "\(path) is not a complete image store: \(reason); prepare it again, or name a folder"
    case .storeUnwritable(let path, let reason):
      "the image store \(path) cannot be written (\(reason)); "
        + "choose a writable place with room for it (--cache, or --output of prepare)"
    }
  }

  public var errorDescription: String? { description }
}
