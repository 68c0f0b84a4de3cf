/// A running CRC-32C (Castagnoli), the checksum of iSCSI, ext4 and TensorBoard's event files.
public struct CRC32C: Sendable {
  private var register: UInt32 = 0xFFFF_FFFF

  public init() {}

  /// The checksum of `bytes`.
  public init(of bytes: some Sequence<UInt8>) {
    let contiguous = ContiguousArray(bytes)
    contiguous.withUnsafeBytes { update(with: $0) }
  }

  /// The checksum of everything seen so far.
  public var value: UInt32 { ~register }

  /// Takes in `bytes`, eight at a time: eight table look-ups replace eight dependent steps.
  public mutating func update(with bytes: UnsafeRawBufferPointer) {
    Self.tables.withUnsafeBufferPointer { tables in
      var crc = register
      var offset = 0
      while offset + 8 <= bytes.count {
        let word =
          UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          ^ UInt64(crc)
        crc =
          tables[0x700 | Int(truncatingIfNeeded: word & 0xFF)]
          ^ tables[0x600 | Int(truncatingIfNeeded: (word >> 8) & 0xFF)]
          ^ tables[0x500 | Int(truncatingIfNeeded: (word >> 16) & 0xFF)]
          ^ tables[0x400 | Int(truncatingIfNeeded: (word >> 24) & 0xFF)]
          ^ tables[0x300 | Int(truncatingIfNeeded: (word >> 32) & 0xFF)]
          ^ tables[0x200 | Int(truncatingIfNeeded: (word >> 40) & 0xFF)]
          ^ tables[0x100 | Int(truncatingIfNeeded: (word >> 48) & 0xFF)]
          ^ tables[Int(truncatingIfNeeded: word >> 56)]
        offset += 8
      }
      while offset < bytes.count {
        crc = (crc >> 8) ^ tables[Int((crc ^ UInt32(bytes[offset])) & 0xFF)]
        offset += 1
      }
      register = crc
    }
  }

  /// Eight tables of 256: table k holds the effect of a byte that k further bytes follow.
  private static let tables: [UInt32] = {
    let reflectedPolynomial: UInt32 = 0x82F6_3B78
    var tables = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { crc, _ in
        (crc >> 1) ^ (crc & 1 == 0 ? 0 : reflectedPolynomial)
      }
    }
    for index in 256..<2048 {
      let previous = tables[index - 256]
      tables.append((previous >> 8) ^ tables[Int(previous & 0xFF)])
    }
    return tables
  }()
}

/// `value` as eight hexadecimal digits.
func hexadecimal(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 8 - digits.count) + digits
}
