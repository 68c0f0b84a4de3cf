import Foundation

/// A whole file, mapped into memory for reading.
///
/// The file must not be shortened while it is mapped; image stores are only ever replaced.
final class MappedFile: @unchecked Sendable {
  /// The file's bytes, valid as long as the object.
  let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// - Throws: `PortraitError.storeUnreadable`.
  init(_ path: String) throws {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Self.unreadable(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Self.unreadable(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw PortraitError.storeUnreadable(path: path, reason: "it is not a file")
    }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard
      let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0),
      start != MAP_FAILED
    else { throw Self.unreadable(path) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }

  private static func unreadable(_ path: String) -> PortraitError {
    .storeUnreadable(path: path, reason: lastSystemError())
  }
}
