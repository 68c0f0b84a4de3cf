import Wording

/// A chunk of a PNG file, as the file has it; its payload may claim to reach beyond the file.
struct PNGChunk {
  let name: String
  let payload: Range<Int>

  /// The chunks of a PNG file, lazily, up to the first that is not all there.
  static func all(of bytes: [UInt8]) -> some Sequence<PNGChunk> {
    let signatureLength = 8
    let (headerLength, checksumLength) = (8, 4)
    return sequence(state: signatureLength) { position -> PNGChunk? in
      let start = position + headerLength
      guard start <= bytes.count else { return nil }
      let length = bytes[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let name = String(decoding: bytes[position + 4..<start], as: UTF8.self)
      position = start + length + checksumLength
      return PNGChunk(name: name, payload: start..<start + length)
    }
  }

  /// Throws if a chunk before the pixels claims more bytes than the file has.
  ///
  /// libpng allocates some chunks by their lengths, up to 2 GB, before it reads them; not the
  /// pixels' own.
  static func checkLengths(in bytes: [UInt8]) throws {
    for chunk in all(of: bytes).prefix(while: { $0.name != "IDAT" })
    where chunk.payload.upperBound > bytes.count {
      throw PictureError.truncated(
        format: "PNG",
        reason: "a chunk before its pixels has \(chunk.payload.count.counted("byte"))")
    }
  }
}
