import Foundation

/// An open file that is read at given offsets, from any thread.
final class ReadableFile: Sendable {
  let path: String
  let byteCount: Int
  private let descriptor: Int32

  init(_ path: String) throws {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw SafetensorsError.cannotRead(path: path, reason: systemReason())
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw SafetensorsError.cannotRead(path: path, reason: "it is not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Fills `destination` with the bytes from `offset` on.
  func read(into destination: UnsafeMutableRawBufferPointer, from offset: Int) throws {
    var done = 0
    while done < destination.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: destination[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let reason = count < 0 ? systemReason() : "it became shorter while it was being read"
        throw SafetensorsError.cannotRead(path: path, reason: reason)
      }
      done += count
    }
  }

  /// Lends the bytes from `offset` to the end, a piece after the other.
  func forEachPiece(from offset: Int, _ body: (UnsafeRawBufferPointer) -> Void) throws {
    let pieceByteCount = min(1 << 18, byteCount - offset)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 64)
    defer { buffer.deallocate() }
    var position = offset
    while position < byteCount {
      let piece = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(pieceByteCount, byteCount - position)])
      try read(into: piece, from: position)
      body(UnsafeRawBufferPointer(piece))
      position += piece.count
    }
  }
}

/// What the operating system says about the call that just failed.
func systemReason() -> String {
  String(cString: strerror(errno)).lowercased()
}
