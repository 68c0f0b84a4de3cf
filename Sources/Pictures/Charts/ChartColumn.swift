import Foundation

/// Charts drawn one below the other, such as quantities of different sizes against one time.
public struct ChartColumn: Sendable {
  /// The charts, from the top.
  public var charts: [Chart]

  public init(_ charts: [Chart]) {
    self.charts = charts
  }

  /// Writes the charts as one PNG, each `width` by `height` points large.
  ///
  /// The file appears under its name only when it is complete.
  /// - Parameter scale: Pixels a point.
  /// - Throws: ``ChartError`` if the size is out of bounds or the file cannot be written.
  public func writePNG(
    to path: String, width: Int = 960, height: Int = 300, scale: Int = 2
  ) throws {
    let scenes = try scenes(width: width, height: height)
    try Chart.write(ChartScene.pngData(of: scenes, scale: scale), to: path)
  }

  /// Writes the charts as one SVG, each `width` by `height` points large.
  ///
  /// The file appears under its name only when it is complete.
  /// - Throws: ``ChartError`` if the size is out of bounds or the file cannot be written.
  public func writeSVG(to path: String, width: Int = 960, height: Int = 300) throws {
    let scenes = try scenes(width: width, height: height)
    try Chart.write(Data(ChartScene.svgText(of: scenes).utf8), to: path)
  }

  /// Returns the charts laid out with the same room beside each, so that their axes lie in line.
  private func scenes(width: Int, height: Int) throws -> [ChartScene] {
    let plots = try charts.map { try $0.layout(width: width, height: height).plot }
    let margins = (
      left: plots.map(\.left).max() ?? 0, right: plots.map { Double(width) - $0.right }.max() ?? 0
    )
    return try charts.map {
      try $0.layout(width: width, height: height, margins: margins).scene()
    }
  }
}
