import Foundation

/// A file written beside the one it will replace, which it does only once it is safely on disk.
///
/// Until `commit()` the old file is untouched; an abandoned replacement removes itself.
package final class ReplacementFile {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  private let onProgress: (Int) -> Void
  /// How many bytes have been written, and how many of them are on disk.
  private var (written, onDisk) = (0, 0)

  /// How many bytes are put on disk at a time: who waits for a large file can see that it grows.
  private static let pieceByteCount = 64 << 20

  /// Replaces the file at `path` by one that holds `text`.
  /// - Throws: `SafetensorsError.cannotWrite`, as all methods do.
  package static func write(_ text: String, to path: String) throws {
    try write(Array(text.utf8), to: path)
  }

  /// Replaces the file at `path` by one that holds `bytes`.
  package static func write(_ bytes: some ContiguousBytes, to path: String) throws {
    let file = try ReplacementFile(for: path)
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    try file.commit()
  }

  /// Opens `.NAME.RANDOM.partial` in the folder of `path`.
  /// - Parameter onProgress: called with the number of bytes on disk after each piece.
  init(for path: String, onProgress: @escaping (Int) -> Void = { _ in }) throws {
    let url = URL(fileURLWithPath: path)
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    self.path = path
    self.onProgress = onProgress
    temporaryPath =
      url.deletingLastPathComponent()
      .appendingPathComponent(".\(url.lastPathComponent).\(suffix).partial").path
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure() }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporaryPath)
  }

  /// Writes all of `bytes` at `offset`.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(
        rebasing: bytes[done...].prefix(onDisk + Self.pieceByteCount - written))
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
      written += count
      if written - onDisk == Self.pieceByteCount {
        guard fdatasync(descriptor) == 0 else { throw failure() }
        onDisk = written
        onProgress(onDisk)
      }
    }
  }

  /// Puts the file on disk and in its place; after a power cut there is the old file or the new one.
  /// - Parameter verify: called with the path of what is on disk, before that takes its place; it
  ///   throws what is wrong with it.
  func commit(verifiedBy verify: (String) throws -> Void = { _ in }) throws {
    guard fsync(descriptor) == 0 else { throw failure() }
    // Pages that are in memory only would not tell what the disk gives back.
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    try verify(temporaryPath)
    guard rename(temporaryPath, path) == 0 else { throw failure() }
    close(descriptor)
    descriptor = -1
    try syncFolder()
  }

  /// Puts the new name on disk, which is an entry of the folder.
  private func syncFolder() throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    // A folder may be writable but not readable.
    guard folderDescriptor >= 0 else { return }
    defer { close(folderDescriptor) }
    // Some network file systems refuse to sync a folder; they order the rename themselves.
    guard fsync(folderDescriptor) == 0 || [EINVAL, ENOTSUP, ENOSYS].contains(errno) else {
      throw failure()
    }
  }

  private func failure() -> SafetensorsError {
    .cannotWrite(path: path, reason: systemReason())
  }
}
