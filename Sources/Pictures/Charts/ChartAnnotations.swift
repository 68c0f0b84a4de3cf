import Foundation
import Wording

/// What a chart says in words: its heading, how it was smoothed, what is off the scale, and which
/// line is which.
extension ChartLayout {
  func headings() -> [ChartScene.Shape] {
    var texts = [
      Text(string: chart.title, at: Place(x: plot.left, y: 28), size: 17, isBold: true)
    ]
    for (row, note) in notes.reversed().enumerated() {
      texts.append(
        Self.noteText(note, at: Place(x: plot.left, y: plot.top - 16 - 16 * Double(row))))
    }
    return texts.filter { !$0.string.isEmpty }.map { .text(fitted($0)) }
  }

  /// The lines under the title: how values were smoothed and how many are off the scale.
  static func notes(
    on traces: [ChartTrace], windows: [Int], vertical: ChartAxis, room: Double
  ) -> [String] {
    let notes = [
      smoothingNote(on: traces, windows: windows), offScaleNote(on: traces, vertical: vertical),
    ].compactMap { $0 }
    guard !notes.isEmpty else { return [] }
    let joined = notes.joined(separator: "   ·   ")
    return ChartScene.measuredWidth(of: noteText(joined)) <= room ? [joined] : notes
  }

  private static func noteText(_ note: String, at place: Place = Place(x: 0, y: 0)) -> Text {
    Text(string: note, at: place, size: 12, color: .quiet)
  }

  /// The text in a size in which it ends before the right edge.
  private func fitted(_ text: Text) -> Text {
    var text = text
    text.size *= min(1, (width - text.at.x - 8) / ChartScene.measuredWidth(of: text))
    return text
  }

  private static func smoothingNote(on traces: [ChartTrace], windows: [Int]) -> String? {
    let used = zip(traces, windows).filter { !$0.points.isEmpty && $1 > 1 }.map(\.1)
    guard let least = used.min(), let most = used.max() else { return nil }
    let extent = least == most ? "\(least)" : "\(least) to \(most)"
    return "bold: running interquartile mean of \(extent) values, pale: every value"
  }

  // MARK: Values off the scale

  private static func offScaleNote(on traces: [ChartTrace], vertical: ChartAxis) -> String? {
    let values = traces.flatMap { trace in
      trace.points.lazy.map(\.y).filter { !vertical.range.contains($0) }
    }
    guard let lowest = values.min(), let highest = values.max() else { return nil }
    let extremes = [
      lowest < vertical.range.lowerBound ? "down to \(short(lowest))" : nil,
      highest > vertical.range.upperBound ? "up to \(short(highest))" : nil,
    ].compactMap { $0 }
    let count = values.count.counted("value")
    return "triangles: \(count) off the scale, \(extremes.joined(separator: " and "))"
  }

  private static func short(_ value: Double) -> String {
    String(format: "%.3g", value).replacingOccurrences(of: "-", with: "\u{2212}")
  }

  /// A triangle at the edge for every value outside the vertical range, or for a few neighbours.
  func offScaleMarks() -> [ChartScene.Shape] {
    var shapes: [ChartScene.Shape] = []
    for (trace, series) in zip(traces, chart.series) {
      for (edge, inward) in [(plot.top, 1.0), (plot.bottom, -1.0)] {
        var previous = -Double.infinity
        for point in trace.points where !vertical.range.contains(point.y) {
          guard (point.y > vertical.range.upperBound) == (inward > 0) else { continue }
          let x = place(point).x
          guard x >= previous + 9 else { continue }
          previous = x
          let base = edge + 7 * inward
          shapes.append(
            .polygon(
              [Place(x: x, y: edge), Place(x: x - 4, y: base), Place(x: x + 4, y: base)],
              color: series.color))
        }
      }
    }
    return shapes
  }

  // MARK: Names

  static func nameText(_ name: String) -> Text {
    Text(string: name, isBold: true)
  }

  /// The names at the ends of their lines, moved apart where they would touch.
  func names() -> [ChartScene.Shape] {
    let spacing = 34.0
    let wanted = boldLines.map { line in
      line.last.map { min(max(place($0).y, plot.top + 4), plot.bottom - 16) } ?? plot.top
    }
    let order = wanted.indices.sorted { wanted[$0] < wanted[$1] }
    var y = wanted
    for (above, below) in zip(order, order.dropFirst()) {
      y[below] = max(y[below], y[above] + spacing)
    }
    // What was pushed over the lower edge moves up again, from the bottom.
    var limit = plot.bottom - 16
    for index in order.reversed() {
      y[index] = min(y[index], limit)
      limit = y[index] - spacing
    }
    return chart.series.indices.flatMap { index -> [ChartScene.Shape] in
      var name = Self.nameText(chart.series[index].name)
      name.at = Place(x: plot.right + 12, y: y[index] + 4)
      name.color = chart.series[index].color
      guard let last = boldLines[index].last else { return [.text(name)] }
      let value = Text(
        string: Self.short(last.y), at: Place(x: name.at.x, y: name.at.y + 15), size: 12,
        color: .quiet)
      return [.text(name), .text(value)]
    }
  }
}
