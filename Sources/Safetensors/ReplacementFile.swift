import Foundation

/// A file written beside the one it will replace, which it does only once it is safely on disk.
///
/// Until `commit()` the old file is untouched; an abandoned replacement removes itself.
final class ReplacementFile {
  private let path: String
  private let temporaryPath: String
  private var descriptor: Int32

  /// Opens `.NAME.RANDOM.partial` in the folder of `path`.
  init(for path: String) throws {
    let url = URL(fileURLWithPath: path)
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    self.path = path
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
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
  }

  /// Puts the file on disk and in its place; after a power cut there is the old file or the new one.
  func commit() throws {
    guard fsync(descriptor) == 0 else { throw failure() }
    guard rename(temporaryPath, path) == 0 else { throw failure() }
    close(descriptor)
    descriptor = -1
    // The new name is an entry of the folder, which has its own place on disk. Some network file
    // systems refuse to sync a folder; they order the rename themselves.
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { return }
    fsync(folderDescriptor)
    close(folderDescriptor)
  }

  private func failure() -> SafetensorsError {
    .cannotWrite(path: path, reason: systemReason())
  }
}
