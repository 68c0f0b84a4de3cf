import Foundation

/// Turns a ``Chart`` into a ``ChartScene``: axes first, then the lines, then their names.
struct ChartLayout {
  private typealias Place = ChartScene.Place
  private typealias Text = ChartScene.Text

  private let chart: Chart
  private let traces: [ChartTrace]
  /// What is drawn bold for each series: its running mean, or its values where they are few.
  private let boldLines: [[ChartSeries.Point]]
  private let windows: [Int]
  private let horizontal: ChartAxis
  private let vertical: ChartAxis
  private let width: Double
  private let height: Double
  private let plot: ChartScene.Area

  init(chart: Chart, width: Double, height: Double) {
    self.chart = chart
    self.width = width
    self.height = height
    let traces = chart.series.map { ChartTrace($0.points) }
    let windows = traces.map { max(1, chart.smoothingWindow ?? $0.naturalWindow) }
    self.traces = traces
    self.windows = windows
    vertical = ChartAxis(
      range: Self.verticalRange(of: traces), maximumTickCount: max(3, Int(height / 55)))
    horizontal = ChartAxis(
      range: Self.horizontalRange(of: traces), maximumTickCount: max(3, Int(width / 80)))
    let nameWidth =
      chart.series.map { ChartScene.measuredWidth(of: Self.nameText($0.name)) }.max() ?? 0
    let tickTexts = vertical.ticks.map(vertical.label)
    let tickWidth = tickTexts.map { ChartScene.measuredWidth(of: Text(string: $0)) }.max() ?? 0
    let plot = ChartScene.Area(
      left: (tickWidth + 46).rounded(), top: chart.title.isEmpty ? 40 : 64,
      right: (width - min(nameWidth, width / 3) - 26).rounded(), bottom: height - 54)
    self.plot = plot
    let range = horizontal.range
    boldLines = zip(traces, windows).map { trace, window in
      window > 1
        ? trace.runningMean(window: window, count: 400)
        : trace.envelope(over: range, columns: Int(plot.right - plot.left))
    }
  }

  func scene() -> ChartScene {
    var scene = ChartScene(
      width: width, height: height,
      title: chart.title.isEmpty ? "\(chart.yLabel) against \(chart.xLabel)" : chart.title,
      plot: plot)
    scene.shapes = headings() + axes() + lines() + offScaleMarks() + names()
    return scene
  }

  // MARK: Ranges

  private static func horizontalRange(of traces: [ChartTrace]) -> ClosedRange<Double> {
    let starts = traces.compactMap(\.points.first?.x)
    let ends = traces.compactMap(\.points.last?.x)
    guard let first = starts.min(), let last = ends.max() else { return 0...1 }
    // A count that starts near nought is shown from nought.
    return (first > 0 && first <= (last - first) / 10 ? 0 : first)...last
  }

  private static func verticalRange(of traces: [ChartTrace]) -> ClosedRange<Double> {
    let ranges = traces.compactMap { ChartAxis.robustRange(of: $0.points.lazy.map(\.y)) }
    guard let low = ranges.map(\.lowerBound).min(), let high = ranges.map(\.upperBound).max()
    else { return 0...1 }
    let margin = (high - low) * 0.06
    return (low >= 0 ? max(0, low - margin) : low - margin)...(high + margin)
  }

  // MARK: Places

  private func place(_ point: ChartSeries.Point) -> Place {
    let across =
      (point.x - horizontal.range.lowerBound)
      / (horizontal.range.upperBound - horizontal.range.lowerBound)
    let up =
      (point.y - vertical.range.lowerBound)
      / (vertical.range.upperBound - vertical.range.lowerBound)
    // Far outside the plot, exact places do not matter, but huge numbers would upset a renderer.
    return Place(
      x: plot.left + across * (plot.right - plot.left),
      y: plot.bottom - min(max(up, -9), 9) * (plot.bottom - plot.top))
  }

  // MARK: Shapes

  private func headings() -> [ChartScene.Shape] {
    var shapes: [ChartScene.Shape] = []
    if !chart.title.isEmpty {
      shapes.append(
        .text(
          Text(
            string: chart.title, at: Place(x: plot.left, y: 28), size: 17, isBold: true)))
    }
    let notes = [smoothingNote, offScaleNote].compactMap { $0 }
    if !notes.isEmpty {
      shapes.append(
        .text(
          Text(
            string: notes.joined(separator: "   ·   "), at: Place(x: plot.left, y: plot.top - 16),
            size: 12, color: .quiet)))
    }
    return shapes
  }

  private var smoothingNote: String? {
    let used = zip(traces, windows).filter { !$0.points.isEmpty && $1 > 1 }.map(\.1)
    guard let least = used.min(), let most = used.max() else { return nil }
    let extent = least == most ? "\(least)" : "\(least) to \(most)"
    return "bold: running interquartile mean of \(extent) values, pale: every value"
  }

  private func axes() -> [ChartScene.Shape] {
    var shapes: [ChartScene.Shape] = []
    for tick in vertical.ticks {
      let y = place((horizontal.range.lowerBound, tick)).y
      shapes.append(
        .line(
          from: Place(x: plot.left, y: y), to: Place(x: plot.right, y: y), color: .grid, width: 1))
      shapes.append(
        .text(
          Text(
            string: vertical.label(of: tick), at: Place(x: plot.left - 9, y: y + 4.5),
            anchor: .end)))
    }
    for tick in horizontal.ticks {
      let x = place((tick, vertical.range.lowerBound)).x
      shapes.append(
        .line(
          from: Place(x: x, y: plot.top), to: Place(x: x, y: plot.bottom), color: .grid, width: 1))
      shapes.append(
        .line(
          from: Place(x: x, y: plot.bottom), to: Place(x: x, y: plot.bottom + 5), color: .ink,
          width: 1))
      shapes.append(
        .text(
          Text(
            string: horizontal.label(of: tick), at: Place(x: x, y: plot.bottom + 20),
            anchor: .middle)))
    }
    shapes.append(
      .line(
        from: Place(x: plot.left, y: plot.bottom), to: Place(x: plot.right, y: plot.bottom),
        color: .ink, width: 1.2))
    shapes.append(
      .text(
        Text(
          string: chart.xLabel, at: Place(x: (plot.left + plot.right) / 2, y: height - 12),
          anchor: .middle)))
    shapes.append(
      .text(
        Text(
          string: chart.yLabel, at: Place(x: 20, y: (plot.top + plot.bottom) / 2),
          anchor: .middle, isVertical: true)))
    return shapes
  }

  private func lines() -> [ChartScene.Shape] {
    if traces.allSatisfy(\.points.isEmpty) {
      let center = Place(x: (plot.left + plot.right) / 2, y: (plot.top + plot.bottom) / 2)
      return [.text(Text(string: "no values yet", at: center, anchor: .middle, color: .quiet))]
    }
    let columns = Int(plot.right - plot.left)
    var pale: [ChartScene.Shape] = []
    var bold: [ChartScene.Shape] = []
    for index in traces.indices where !traces[index].points.isEmpty {
      let color = chart.series[index].color
      if windows[index] > 1 {
        let all = traces[index].envelope(over: horizontal.range, columns: columns)
        let opacity = all.count > columns ? 0.3 : 0.5
        pale.append(.trace(all.map(place), color: color, width: 0.8, opacity: opacity))
      }
      let line = boldLines[index].map(place)
      bold.append(.trace(line, color: color, width: 2.2, opacity: 1))
      if let end = line.last, (plot.top...plot.bottom).contains(end.y) {
        bold.append(.dot(at: end, radius: 3.5, color: color))
      }
    }
    return pale + bold
  }

  // MARK: Values off the scale

  private var offScale: [Double] {
    traces.flatMap { trace in trace.points.map(\.y).filter { !vertical.range.contains($0) } }
  }

  private var offScaleNote: String? {
    let values = offScale
    guard let lowest = values.min(), let highest = values.max() else { return nil }
    let extremes = [
      lowest < vertical.range.lowerBound ? "down to \(Self.short(lowest))" : nil,
      highest > vertical.range.upperBound ? "up to \(Self.short(highest))" : nil,
    ].compactMap { $0 }
    let count = values.count == 1 ? "1 value" : "\(values.count) values"
    return "triangles: \(count) off the scale, \(extremes.joined(separator: " and "))"
  }

  private static func short(_ value: Double) -> String {
    String(format: "%.3g", value).replacingOccurrences(of: "-", with: "\u{2212}")
  }

  /// A triangle at the edge for every value outside the vertical range, or for a few neighbours.
  private func offScaleMarks() -> [ChartScene.Shape] {
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

  private static func nameText(_ name: String) -> Text {
    Text(string: name, isBold: true)
  }

  /// The names at the ends of their lines, moved apart where they would touch.
  private func names() -> [ChartScene.Shape] {
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
