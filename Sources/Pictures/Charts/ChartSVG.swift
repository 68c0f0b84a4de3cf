import Foundation

extension ChartScene {
  /// Returns the scenes, one below the other, as an SVG document.
  static func svgText(of scenes: [ChartScene]) -> String {
    let width = Int(scenes.map(\.width).max() ?? 0)
    let height = Int(scenes.reduce(0) { $0 + $1.height })
    var lines = [
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
        + "viewBox=\"0 0 \(width) \(height)\" role=\"img\" "
        + "font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif\">",
      "<title>\(scenes.map(\.title).joined(separator: "; ").svgEscaped)</title>",
      "<rect width=\"100%\" height=\"100%\" fill=\"\(ChartColor.paper.svg)\"/>",
    ]
    var top = 0.0
    for (index, scene) in scenes.enumerated() {
      lines.append("<g transform=\"translate(0 \(top.svg))\">")
      lines += scene.svgElements(clippedBy: "plot\(index)")
      lines.append("</g>")
      top += scene.height
    }
    lines.append("</svg>\n")
    return lines.joined(separator: "\n")
  }

  /// Returns all shapes, the traces clipped to the plot by an element called `clip`.
  private func svgElements(clippedBy clip: String) -> [String] {
    let rectangle =
      "<rect x=\"\(plot.left.svg)\" y=\"\(plot.top.svg)\" "
      + "width=\"\((plot.right - plot.left).svg)\" height=\"\((plot.bottom - plot.top).svg)\"/>"
    return ["<defs><clipPath id=\"\(clip)\">\(rectangle)</clipPath></defs>"]
      + shapes.map { Self.svgElement($0, clippedBy: clip) }
  }

  private static func svgElement(_ shape: Shape, clippedBy clip: String) -> String {
    switch shape {
    case .line(let start, let end, let color, let width):
      return "<path d=\"M\(start.svg)L\(end.svg)\" stroke=\"\(color.svg)\" "
        + "stroke-width=\"\(width.svg)\"/>"
    case .trace(let places, let color, let width, let opacity):
      return "<polyline points=\"\(places.map(\.svg).joined(separator: " "))\" fill=\"none\" "
        + "stroke=\"\(color.svg)\" stroke-width=\"\(width.svg)\" "
        + "stroke-opacity=\"\(opacity.svg)\" stroke-linejoin=\"round\" stroke-linecap=\"round\" "
        + "clip-path=\"url(#\(clip))\"/>"
    case .dot(let center, let radius, let color):
      return "<circle cx=\"\(center.x.svg)\" cy=\"\(center.y.svg)\" r=\"\(radius.svg)\" "
        + "fill=\"\(color.svg)\"/>"
    case .polygon(let places, let color):
      return "<polygon points=\"\(places.map(\.svg).joined(separator: " "))\" "
        + "fill=\"\(color.svg)\"/>"
    case .text(let text):
      let turn = text.isVertical ? " transform=\"rotate(-90 \(text.at.svg))\"" : ""
      let weight = text.isBold ? " font-weight=\"bold\"" : ""
      return "<text x=\"\(text.at.x.svg)\" y=\"\(text.at.y.svg)\" font-size=\"\(text.size.svg)\""
        + "\(weight) text-anchor=\"\(text.anchor.rawValue)\" fill=\"\(text.color.svg)\"\(turn)>"
        + "\(text.string.svgEscaped)</text>"
    }
  }
}

extension ChartScene.Place {
  fileprivate var svg: String { "\(x.svg),\(y.svg)" }
}

extension Double {
  /// The number with two decimals at most.
  fileprivate var svg: String {
    let hundredths = (self * 100).rounded()
    guard hundredths.truncatingRemainder(dividingBy: 100) != 0 else {
      return String(Int(hundredths / 100))
    }
    return String(hundredths / 100)
  }
}

extension String {
  /// The string as the text of an XML element.
  fileprivate var svgEscaped: String {
    let legal = unicodeScalars.filter { $0.value >= 32 || $0 == "\n" || $0 == "\t" }
    return String(String.UnicodeScalarView(legal))
      .replacingOccurrences(of: "&", with: "&amp;")
      .replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }
}
