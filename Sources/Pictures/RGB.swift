/// A colour in 8-bit sRGB values.
///
/// Its text form is a name (`white`, `black`, `grey`) or `#rrggbb`; command lines and configuration
/// files use that form, so it is also how a colour is encoded.
public struct RGB: Sendable, Hashable {
  public var red: UInt8
  public var green: UInt8
  public var blue: UInt8

  public init(red: UInt8, green: UInt8, blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  public static let white = RGB(red: 255, green: 255, blue: 255)
  public static let black = RGB(red: 0, green: 0, blue: 0)
  public static let grey = RGB(red: 128, green: 128, blue: 128)
}

extension RGB: LosslessStringConvertible {
  /// Reads `white`, `black`, `grey` (or `gray`) or `#rrggbb`, in any case.
  public init?(_ text: String) {
    switch text.lowercased() {
    case "white": self = .white
    case "black": self = .black
    case "grey", "gray": self = .grey
    default:
      let digits = text.dropFirst().compactMap(\.hexDigitValue)
      guard text.first == "#", text.count == 7, digits.count == 6 else { return nil }
      self.init(
        red: UInt8(digits[0] * 16 + digits[1]),
        green: UInt8(digits[2] * 16 + digits[3]),
        blue: UInt8(digits[4] * 16 + digits[5]))
    }
  }

  public var description: String {
    switch self {
    case .white: return "white"
    case .black: return "black"
    case .grey: return "grey"
    default:
      let digits = [red, green, blue].map { component in
        (component < 16 ? "0" : "") + String(component, radix: 16)
      }
      return "#" + digits.joined()
    }
  }
}

extension RGB: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let color = RGB(text) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "“\(text)” is no colour; write white, black, grey or #rrggbb")
    }
    self = color
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
