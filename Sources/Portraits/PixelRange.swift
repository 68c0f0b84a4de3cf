/// The interval that the bytes 0…255 are mapped to, linearly, for the networks.
public enum PixelRange: String, Sendable, CaseIterable, Codable {
  /// 0 … 1.
  case zeroToOne
  /// -1 … 1, the range of the hyperbolic tangent.
  case minusOneToOne

  /// Returns what `byte`, a value in 0…255 that need not be whole, is mapped to.
  public func value(of byte: Float) -> Float {
    switch self {
    case .zeroToOne: byte / 255
    case .minusOneToOne: byte / 127.5 - 1
    }
  }

  /// Returns the byte that is mapped nearest to `value`; 0 for NaN.
  public func byte(of value: Float) -> UInt8 {
    let byte =
      switch self {
      case .zeroToOne: value * 255
      case .minusOneToOne: (value + 1) * 127.5
      }
    return byte.isNaN ? 0 : UInt8(min(max(byte.rounded(), 0), 255))
  }
}
