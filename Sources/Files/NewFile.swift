import Foundation

/// A file that takes its name only when it is complete.
///
/// Until then it stands beside, as a ``PartialFile``, and what has the name already is untouched.
/// One that is given up removes itself.
package final class NewFile {
  /// The number of bytes appended.
  package private(set) var byteCount = 0
  private let path: String
  private let partial: PartialFile
  private var descriptor: Int32
  private let isDurable: Bool
  private let onProgress: (Int) -> Void
  /// How many of the bytes are on disk.
  private var onDisk = 0
  private var isPublished = false

  /// How many bytes are put on disk at a time: who waits for a large file can see that it grows.
  private static let pieceByteCount = 64 << 20

  /// Writes a whole file that holds `text`.
  /// - Parameter isDurable: whether it survives a power cut from then on.
  /// - Throws: ``SystemError``, as all methods do.
  package static func write(_ text: String, to path: String, isDurable: Bool = true) throws {
    try write(Array(text.utf8), to: path, isDurable: isDurable)
  }

  /// Writes a whole file that holds `bytes`.
  package static func write(
    _ bytes: some ContiguousBytes, to path: String, isDurable: Bool = true
  ) throws {
    let file = try NewFile(path, isDurable: isDurable)
    try file.append(bytes)
    try file.publish()
  }

  /// Begins the file that is to stand at `path`.
  /// - Parameter onProgress: called with the number of bytes on disk after each piece.
  package init(
    _ path: String, isDurable: Bool = true, onProgress: @escaping (Int) -> Void = { _ in }
  ) throws {
    let partial = PartialFile(besides: path)
    let descriptor = open(partial.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw SystemError.last }
    (self.path, self.partial, self.descriptor) = (path, partial, descriptor)
    (self.isDurable, self.onProgress) = (isDurable, onProgress)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if !isPublished { partial.remove() }
  }

  /// Appends `bytes`.
  package func append(_ bytes: some ContiguousBytes) throws {
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let piece = rest.prefix(onDisk + Self.pieceByteCount - byteCount)
        try writeAll(UnsafeRawBufferPointer(rebasing: piece), to: descriptor, at: byteCount)
        byteCount += piece.count
        rest = rest.dropFirst(piece.count)
        if byteCount - onDisk == Self.pieceByteCount {
          guard fdatasync(descriptor) == 0 else { throw SystemError.last }
          onDisk = byteCount
          onProgress(onDisk)
        }
      }
    }
  }

  /// Writes `bytes` over those that were appended at `offset`.
  package func overwrite(_ bytes: some ContiguousBytes, at offset: Int) throws {
    try bytes.withUnsafeBytes { try writeAll($0, to: descriptor, at: offset) }
  }

  /// Completes the file and gives it its name; where it is durable, a power cut leaves the old file
  /// or the new one.
  /// - Parameter verify: called with the path of what is on disk, before that takes its place; it
  ///   throws what is wrong with it.
  package func publish(verifiedBy verify: (String) throws -> Void = { _ in }) throws {
    if isDurable {
      guard fsync(descriptor) == 0 else { throw SystemError.last }
      // Pages that are in memory only would not tell what the disk gives back.
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }
    // Network file systems may report a full disk as late as here.
    let isClosed = close(descriptor) == 0
    descriptor = -1
    guard isClosed else { throw SystemError.last }
    try verify(partial.path)
    guard rename(partial.path, path) == 0 else { throw SystemError.last }
    isPublished = true
    if isDurable { try syncFolder() }
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
      throw SystemError.last
    }
  }
}

/// Writes all of `bytes` to an open file, from `offset` on.
/// - Throws: ``SystemError``.
package func writeAll(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int
) throws {
  var done = 0
  while done < bytes.count {
    let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
    let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw SystemError.last }
    done += count
  }
}
