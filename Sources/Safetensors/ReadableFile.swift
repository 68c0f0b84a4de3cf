import Files

/// An open file that is read at given offsets, from any thread.
struct ReadableFile: Sendable {
  let path: String
  private let file: RegularFile

  var byteCount: Int { file.byteCount }

  init(_ path: String) throws {
    self.path = path
    do {
      file = try RegularFile(path)
    } catch let error as SystemError {
      throw SafetensorsError.cannotRead(path: path, because: error)
    } catch {
      throw SafetensorsError.cannotRead(path: path, reason: "\(error)")
    }
  }

  /// Fills `destination` with the bytes from `offset` on.
  func read(into destination: UnsafeMutableRawBufferPointer, from offset: Int) throws {
    do {
      guard try file.read(into: destination, from: offset) == destination.count else {
        throw SafetensorsError.cannotRead(
          path: path, reason: "it became shorter while it was being read")
      }
    } catch let error as SystemError {
      throw SafetensorsError.cannotRead(path: path, because: error)
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
