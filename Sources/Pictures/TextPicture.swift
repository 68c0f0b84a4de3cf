extension Picture {
  /// Writes a line of text, black on white, in letters that fit a line of `height` pixels.
  /// - Throws: ``ChartError/cannotDraw(reason:)`` if Cairo cannot.
  public static func lineOfText(_ text: String, height: Int) throws -> Picture {
    precondition(height > 0, "a line has a height")
    let line = ChartScene.Text(
      string: text, at: .init(x: 0, y: (Double(height) * 0.7).rounded()),
      size: (Double(height) * 0.55).rounded(), isBold: true)
    let width = max(1, Int(ChartScene.measuredWidth(of: line).rounded(.up)))
    let scene = ChartScene(
      width: Double(width), height: Double(height), title: text,
      plot: .init(left: 0, top: 0, right: 0, bottom: 0), shapes: [.text(line)])
    return try Picture(decoding: Array(ChartScene.pngData(of: [scene], scale: 1)))
  }
}
