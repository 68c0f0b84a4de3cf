import Foundation

/// A regular file that is open for reading, at any offset and from any thread.
package final class RegularFile: Sendable {
  /// What has the name is no regular file.
  package struct OtherKind: Error, CustomStringConvertible {
    /// What it is, such as "a pipe".
    package let kind: String

    package var description: String { "it is \(kind), not a regular file" }

    fileprivate init(_ mode: mode_t) {
      kind =
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }
  }

  /// How long it was when it was opened.
  package let byteCount: Int
  private let descriptor: Int32

  /// Opens the file at `path`.
  /// - Throws: ``SystemError`` or ``OtherKind``.
  package init(_ path: String) throws {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw SystemError.last }
    var status = stat()
    let reason = fstat(descriptor, &status) == 0 ? nil : SystemError.last
    guard reason == nil, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw reason ?? OtherKind(status.st_mode)
    }
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Fills `destination` with the bytes from `offset` on.
  /// - Returns: how many there are, which is fewer only if the file ends before.
  /// - Throws: ``SystemError``.
  package func read(
    into destination: UnsafeMutableRawBufferPointer, from offset: Int
  ) throws -> Int {
    var done = 0
    while done < destination.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: destination[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw SystemError.last }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Maps the whole file into memory for reading, for as long as who asked wants it.
  /// - Throws: ``SystemError``.
  package func map() throws -> UnsafeRawBufferPointer {
    guard byteCount > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    guard let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
      start != MAP_FAILED
    else { throw SystemError.last }
    return UnsafeRawBufferPointer(start: start, count: byteCount)
  }
}
