import Files
import Foundation

/// A line chart: one or a few noisy quantities against a common axis, such as the losses of a
/// generator and a discriminator against epochs.
///
/// Every value is drawn as a thin pale line and a running mean over it as a bold one. Values
/// that are not finite are left out; rare outliers are marked at the edge instead of flattening
/// the rest (see ``ChartAxis/robustRange(of:)``). Series of any length are drawn in linear time.
public struct Chart: Sendable {
  /// The heading, or an empty string for none.
  public var title: String
  /// What the horizontal axis counts, with its unit.
  public var xLabel: String
  /// What the vertical axis measures, with its unit.
  public var yLabel: String
  /// The quantities, drawn in this order.
  public var series: [ChartSeries]
  /// How many consecutive values the running mean spans; `nil` takes a fortieth of the series.
  public var smoothingWindow: Int?

  /// Creates a chart of losses against epochs, unless the labels say otherwise.
  public init(
    title: String = "", xLabel: String = "epoch", yLabel: String = "loss (nats)",
    series: [ChartSeries], smoothingWindow: Int? = nil
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.series = series
    self.smoothingWindow = smoothingWindow
  }

  /// Writes the chart as a PNG of `width * scale` by `height * scale` pixels.
  ///
  /// The file appears under its name only when it is complete.
  /// - Parameters:
  ///   - width: The width in points; text is 13 points high.
  ///   - height: The height in points.
  ///   - scale: Pixels a point.
  /// - Throws: ``ChartError`` if the size is out of bounds or the file cannot be written.
  public func writePNG(
    to path: String, width: Int = 960, height: Int = 540, scale: Int = 2
  ) throws {
    let scene = try scene(width: width, height: height)
    try Self.write(ChartScene.pngData(of: [scene], scale: scale), to: path)
  }

  /// Writes the chart as an SVG of `width` by `height` points, with text as text.
  ///
  /// The file appears under its name only when it is complete.
  /// - Throws: ``ChartError`` if the size is out of bounds or the file cannot be written.
  public func writeSVG(to path: String, width: Int = 960, height: Int = 540) throws {
    let scene = try scene(width: width, height: height)
    try Self.write(Data(ChartScene.svgText(of: [scene]).utf8), to: path)
  }

  private func scene(width: Int, height: Int) throws -> ChartScene {
    try layout(width: width, height: height).scene()
  }

  /// - Parameter margins: the least room beside the plot, left and right.
  func layout(
    width: Int, height: Int, margins: (left: Double, right: Double) = (left: 0, right: 0)
  ) throws -> ChartLayout {
    guard (200...8_000).contains(width), (150...8_000).contains(height) else {
      throw ChartError.sizeOutOfBounds(width: width, height: height)
    }
    return ChartLayout(
      chart: self, width: Double(width), height: Double(height), margins: margins)
  }

  static func write(_ data: Data, to path: String) throws {
    do {
      try NewFile.write(data, to: path, isDurable: false)
    } catch let error as SystemError {
      throw ChartError.cannotWrite(path: path, reason: "\(error)")
    }
  }
}

/// One quantity of a ``Chart``.
public struct ChartSeries: Sendable {
  /// One value and where on the horizontal axis it lies.
  public typealias Point = (x: Double, y: Double)

  /// The name, written at the end of the line.
  public var name: String
  /// The colour of the line and its name.
  public var color: ChartColor
  /// The values in any order; those with a coordinate that is not finite are left out.
  public var points: [Point]

  /// Creates a series.
  public init(name: String, color: ChartColor, points: [Point]) {
    self.name = name
    self.color = color
    self.points = points
  }
}

/// A colour in sRGB, components in 0...1.
public struct ChartColor: Sendable, Hashable {
  /// The red component.
  public let red: Double
  /// The green component.
  public let green: Double
  /// The blue component.
  public let blue: Double

  /// Creates a colour from `0xRRGGBB`.
  public init(hex: UInt32) {
    red = Double(hex >> 16 & 255) / 255
    green = Double(hex >> 8 & 255) / 255
    blue = Double(hex & 255) / 255
  }

  /// Blue, of the palette of Okabe and Ito that colour-blind readers can tell apart.
  public static let blue = ChartColor(hex: 0x0072B2)
  /// Vermilion, of the same palette.
  public static let vermilion = ChartColor(hex: 0xD55E00)
  /// Bluish green, of the same palette.
  public static let green = ChartColor(hex: 0x009E73)
  /// Reddish purple, of the same palette.
  public static let purple = ChartColor(hex: 0xCC79A7)

  /// Colours that lines on one chart can be told apart by, the clearest first.
  public static let palette = [
    blue, vermilion, green, purple, ChartColor(hex: 0xE69F00), ChartColor(hex: 0x56B4E9),
    ChartColor(hex: 0x882255), ChartColor(hex: 0x999933), ChartColor(hex: 0x332288),
    ChartColor(hex: 0x661100),
  ]
  /// Grey, for what others are compared with.
  public static let grey = ChartColor(hex: 0x6A6A6A)

  static let ink = ChartColor(hex: 0x222222)
  static let quiet = ChartColor(hex: 0x6A6A6A)
  static let grid = ChartColor(hex: 0xE3E3E3)
  static let paper = ChartColor(hex: 0xFFFFFF)

  /// The colour as SVG writes it.
  var svg: String {
    let words = [red, green, blue].map { component in
      let digits = String(Int((component * 255).rounded()), radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    return "#" + words.joined()
  }
}

/// Why a chart could not be written.
public enum ChartError: Error, CustomStringConvertible, Equatable {
  /// The chart would be too small to read or too large to hold.
  case sizeOutOfBounds(width: Int, height: Int)
  /// Cairo could not draw.
  case cannotDraw(reason: String)
  /// The file could not be written.
  case cannotWrite(path: String, reason: String)

  public var description: String {
    switch self {
    case .sizeOutOfBounds(let width, let height):
      "A chart of \(width)×\(height) points cannot be drawn; "
        + "choose a width of 200 to 8000, a height of 150 to 8000 and a scale of 1 to 4."
    case .cannotDraw(let reason):
      "Cairo could not draw the chart: \(reason)."
    case .cannotWrite(let path, let reason):
      "The chart \(path) could not be written: \(reason). "
        + "Check that the folder exists, is writable and has space left."
    }
  }
}
