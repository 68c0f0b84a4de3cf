import Files
import Foundation

/// The files of a folder tree that may be portraits, in an order that is the same everywhere.
///
/// Files and folders whose names begin with a dot are ignored. Symbolic links are followed, but
/// every folder is visited once, by its real name if it has one in the tree, so that links cannot
/// form loops. What a file is called does not matter: whether it is a picture shows when it is
/// decoded.
public struct PortraitFolder: Sendable {
  /// A file that may be a portrait.
  public struct File: Hashable, Sendable {
    /// The path relative to the folder.
    public let path: String
    /// The size in bytes.
    public let byteCount: Int64
    /// When the file was last changed, in nanoseconds since 1970.
    public let modificationTime: Int64

    /// The label: the folder that the file is in, relative to the scanned one, "" for the top.
    public var label: String {
      path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
  }

  /// The path of the folder.
  public let path: String
  /// The files, sorted by the bytes of their relative paths.
  public let files: [File]
  /// What was found but cannot be a portrait, sorted in the same way.
  public let skipped: [SkippedFile]

  /// Lists the folder at `path`.
  ///
  /// - Throws: A `PortraitError` if it is missing, not a folder, unreadable or empty.
  public init(scanning path: String) throws {
    var walk = FolderWalk(root: path)
    try walk.run()
    guard !(walk.files.isEmpty && walk.skipped.isEmpty) else {
      throw PortraitError.folderEmpty(path: path)
    }
    self.path = path
    files = walk.files.sorted { Self.precedes($0.path, $1.path) }
    skipped = walk.skipped.sorted { Self.precedes($0.path, $1.path) }
  }

  /// A digest of every file's path, size and time: it changes when the folder does.
  var digest: ContentDigest {
    var digest = ContentDigest()
    for file in files {
      digest.append(file.path)
      digest.append(file.byteCount)
      digest.append(file.modificationTime)
    }
    for file in skipped {
      digest.append(file.path)
      digest.append(file.reason)
    }
    return digest
  }

  static func precedes(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
  }
}

/// Walks a tree of folders: first the real ones, then those behind links that are still new.
private struct FolderWalk {
  private struct Identity: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
    }
  }

  let root: String
  private(set) var files: [PortraitFolder.File] = []
  private(set) var skipped: [SkippedFile] = []
  private var visited: Set<Identity> = []
  private var linkedFolders: [String] = []

  init(root: String) {
    self.root = root
  }

  mutating func run() throws {
    guard let status = Self.status(of: root) else {
      throw errno == ENOENT || errno == ENOTDIR
        ? PortraitError.folderMissing(path: root)
        : PortraitError.folderUnreadable(path: root, reason: "\(SystemError.last)")
    }
    guard Self.isFolder(status) else { throw PortraitError.notAFolder(path: root) }
    visited.insert(Identity(status))
    do {
      visitEntries(try Self.entries(of: root), of: "")
    } catch {
      throw PortraitError.folderUnreadable(path: root, reason: systemReason(of: error))
    }

    var next = 0
    while next < linkedFolders.count {
      visitFolder(linkedFolders[next])
      next += 1
    }
  }

  private mutating func visitFolder(_ relativePath: String) {
    let path = absolute(relativePath)
    guard let status = Self.status(of: path) else {
      return skip(relativePath, "cannot be read (\(SystemError.last))")
    }
    guard visited.insert(Identity(status)).inserted else { return }
    do {
      visitEntries(try Self.entries(of: path), of: relativePath + "/")
    } catch {
      skip(relativePath, "is a folder that cannot be listed (\(systemReason(of: error)))")
    }
  }

  private mutating func visitEntries(_ names: [String], of prefix: String) {
    for name in names where !name.hasPrefix(".") {
      let relativePath = prefix + name
      guard let status = Self.status(of: absolute(relativePath)) else {
        let reason = SystemError.last
        // Bytes that are no text were replaced when the folder was listed: no such file exists.
        skip(
          relativePath,
          name.unicodeScalars.contains("\u{FFFD}")
            ? "has a name that is not valid UTF-8; rename it" : "cannot be read (\(reason))")
        continue
      }
      if Self.isFolder(status) {
        if Self.isLink(absolute(relativePath)) {
          linkedFolders.append(relativePath)
        } else {
          visitFolder(relativePath)
        }
      } else if status.st_mode & S_IFMT == S_IFREG {
        files.append(
          PortraitFolder.File(
            path: relativePath, byteCount: Int64(status.st_size),
            modificationTime: Int64(status.st_mtim.tv_sec) * 1_000_000_000
              + Int64(status.st_mtim.tv_nsec)))
      } else {
        skip(relativePath, "is neither a regular file nor a folder")
      }
    }
  }

  private mutating func skip(_ relativePath: String, _ reason: String) {
    skipped.append(SkippedFile(path: relativePath, reason: reason))
  }

  private func absolute(_ relativePath: String) -> String { root + "/" + relativePath }

  private static func entries(of path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path)
      .sorted(by: PortraitFolder.precedes)
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }

  private static func isFolder(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFDIR }

  private static func isLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
