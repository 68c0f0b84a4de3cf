import Files

/// Reads a whole file, if it is a regular one within the limits.
func readPictureFile(_ path: String, limits: DecodingLimits) throws -> [UInt8] {
  do {
    let file = try RegularFile(path)
    try limits.check(fileBytes: file.byteCount)
    return try [UInt8](unsafeUninitializedCapacity: file.byteCount) { buffer, initializedCount in
      initializedCount = try file.read(into: UnsafeMutableRawBufferPointer(buffer), from: 0)
    }
  } catch let error as SystemError {
    throw PictureError.unreadable(reason: "\(error)")
  } catch let other as RegularFile.OtherKind {
    throw PictureError.notARegularFile(kind: other.kind)
  }
}
