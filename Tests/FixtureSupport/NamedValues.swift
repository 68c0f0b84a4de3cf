import Foundation
import Tensors

/// A tensor whose values follow from its name, so that large inputs need not be stored;
/// `Tests/Fixtures/make_network_fixtures.py` describes how.
public struct NamedValues: Decodable, Sendable {
  /// The shape in PyTorch's layout.
  public let shape: [Int]
  private let scale, offset: Float
  private let gap: Float?

  /// Returns the values that belong to `name`, in PyTorch's layout.
  public func tensor(named name: String) -> Tensor {
    let seed = name.utf8.reduce(0x811C_9DC5 as UInt32) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    return Tensor(shape: shape) { values in
      for index in values.indices {
        let unit = Float(Self.mixed(UInt32(index) &* 0x9E37_79B9 &+ seed) >> 8) / 0x1p23 - 1
        values[index] =
          scale * unit + offset + (gap.map { Float(signOf: unit, magnitudeOf: $0) } ?? 0)
      }
    }
  }

  private static func mixed(_ value: UInt32) -> UInt32 {
    var hash = value
    hash ^= hash >> 16
    hash = hash &* 0x85EB_CA6B
    hash ^= hash >> 13
    hash = hash &* 0xC2B2_AE35
    return hash ^ hash >> 16
  }
}

/// Returns a file of the folder `Tests/Fixtures`.
public func fixture(_ name: String) throws -> Data {
  try Data(
    contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/\(name)"))
}
