import Foundation

/// A file that is written under a temporary name and gets its own only when it is complete.
///
/// A file that is given up, by an error or a killed process, never shows up under its own name. What
/// a killed process has left is known by its lock, which died with the process, and is removed by
/// the next one that writes a file of the same name.
final class NewFile {
  /// What is between a file's own name and the rest of its temporary name.
  static let temporaryMark = ".partial-"

  /// The number of bytes appended.
  private(set) var byteCount = 0
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private var isPublished = false

  /// Creates the file that is to stand at `path`.
  ///
  /// - Throws: `PortraitError.storeUnwritable`, here and in all methods.
  init(_ path: String) throws {
    self.path = path
    Self.removeAbandoned(besides: path)
    (temporaryPath, descriptor) = try Self.create(for: path)
  }

  deinit {
    close(descriptor)
    if !isPublished { unlink(temporaryPath) }
  }

  /// Creates a temporary file and locks it.
  private static func create(for path: String) throws -> (path: String, descriptor: Int32) {
    while true {
      // Unique among the threads, processes and hosts that may write the same file.
      let temporaryPath = path + temporaryMark + UUID().uuidString
      let descriptor = Glibc.open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw unwritable(path) }
      let isTaken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK
      var status = stat()
      if !isTaken && fstat(descriptor, &status) == 0 && status.st_nlink > 0 {
        return (temporaryPath, descriptor)
      }
      // Another process took it for abandoned before it was locked.
      close(descriptor)
    }
  }

  /// Removes the temporary files for `path` that nobody writes any more; where the file system has
  /// no locks, there is no telling, and they stay.
  private static func removeAbandoned(besides path: String) {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(url.lastPathComponent + temporaryMark) {
      let descriptor = Glibc.open(folder + "/" + name, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(folder + "/" + name) }
      close(descriptor)
    }
  }

  /// Appends `bytes`.
  func append(_ bytes: [UInt8]) throws {
    try write(bytes, at: byteCount)
    byteCount += bytes.count
  }

  /// Writes `bytes` over the first ones.
  func overwriteStart(with bytes: [UInt8]) throws {
    try write(bytes, at: 0)
  }

  /// Brings the file safely to the disk and gives it its own name.
  func publish() throws {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
      throw Self.unwritable(path)
    }
    isPublished = true
    // The name should survive a crash as well, where the file system can promise that.
    let folder = Glibc.open(
      URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  private func write(_ bytes: [UInt8], at offset: Int) throws {
    try bytes.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        let result = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + written))
        if result > 0 {
          written += result
        } else if result == 0 || errno != EINTR {
          throw Self.unwritable(path)
        }
      }
    }
  }

  private static func unwritable(_ path: String) -> PortraitError {
    .storeUnwritable(path: path, reason: lastSystemError())
  }
}
