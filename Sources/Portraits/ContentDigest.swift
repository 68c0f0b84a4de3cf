/// A 64-bit digest (FNV-1a) that tells whether two runs of bytes are the same.
///
/// It guards against accidents (a changed file, a torn write, ranks that see different data),
/// not against an adversary. A change of any single byte always changes it.
public struct ContentDigest: Hashable, Sendable {
  /// The digest as a number.
  public private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  /// Creates the digest of no bytes.
  public init() {}

  /// Creates the digest of `bytes`.
  public init(of bytes: some Sequence<UInt8>) {
    append(bytes)
  }

  /// Creates the digest that its hexadecimal description names, or nil if it names none.
  public init?(hexadecimal: String) {
    guard hexadecimal.utf8.count == 16, let value = UInt64(hexadecimal, radix: 16) else {
      return nil
    }
    self.value = value
  }

  /// Continues the digest with `bytes`.
  public mutating func append(_ bytes: some Sequence<UInt8>) {
    var state = value
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    value = state
  }

  /// Continues the digest with the eight bytes of `number`, the lowest first.
  public mutating func append(_ number: some BinaryInteger) {
    let bits = UInt64(truncatingIfNeeded: number)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      append(CollectionOfOne(UInt8(truncatingIfNeeded: bits >> shift)))
    }
  }

  /// Continues the digest with `text`, its length first so that joined texts cannot be confused.
  public mutating func append(_ text: String) {
    append(text.utf8.count)
    append(text.utf8)
  }
}

extension ContentDigest: CustomStringConvertible {
  /// The digest as sixteen hexadecimal digits.
  public var description: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension ContentDigest: Codable {
  /// Reads the sixteen hexadecimal digits (JSON's numbers do not carry 64 bits everywhere).
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let digest = ContentDigest(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "A digest is sixteen hexadecimal digits, not \(text).")
    }
    self = digest
  }

  /// Writes the sixteen hexadecimal digits.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Builds the digest of a whole source from its images' digests, which can be made in parallel.
struct ContentDigestOfImages {
  private(set) var digest = ContentDigest()

  init(imageSize: Int) {
    digest.append(imageSize)
  }

  mutating func append(imageDigest: ContentDigest, label: String) {
    digest.append(imageDigest.value)
    digest.append(label)
  }
}
