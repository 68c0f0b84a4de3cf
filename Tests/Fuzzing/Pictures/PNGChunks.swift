import FuzzingSupport

/// The chunks of a PNG file: each has a length, a name, a payload and a checksum of the latter two.
enum PNGChunks {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// Makes the checksums right as far as lengths are.
  static func seal(_ file: inout Mutation) {
    guard file.room.prefix(file.count).starts(with: signature) else { return }
    var position = signature.count
    while position + 12 <= file.count {
      let length = file.room[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
      let body = position + 4..<position + 8 + length
      guard body.upperBound + 4 <= file.count else { return }
      let checksum = crc32(file.room[body])
      for (index, shift) in [24, 16, 8, 0].enumerated() {
        file.room[body.upperBound + index] = UInt8(truncatingIfNeeded: checksum >> shift)
      }
      position = body.upperBound + 4
    }
  }

  private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF) { crc, byte in
      table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ crc >> 8
    }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
}
