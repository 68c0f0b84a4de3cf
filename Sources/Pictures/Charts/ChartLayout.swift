import Foundation

/// Turns a ``Chart`` into a ``ChartScene``: axes first, then the lines, then their names.
struct ChartLayout {
  typealias Place = ChartScene.Place
  typealias Text = ChartScene.Text

  let chart: Chart
  let traces: [ChartTrace]
  /// What is drawn bold for each series: its running mean, or its values where they are few.
  let boldLines: [[ChartSeries.Point]]
  let windows: [Int]
  let horizontal: ChartAxis
  let vertical: ChartAxis
  let width: Double
  let height: Double
  let notes: [String]
  let plot: ChartScene.Area

  /// - Parameter margins: the least room beside the plot, left and right.
  init(
    chart: Chart, width: Double, height: Double,
    margins: (left: Double, right: Double) = (left: 0, right: 0)
  ) {
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
    let left = max(margins.left, (tickWidth + 46).rounded())
    notes = Self.notes(
      on: traces, windows: windows, vertical: vertical, room: width - left - 8)
    let plot = ChartScene.Area(
      left: left, top: (chart.title.isEmpty ? 24 : 48) + 16 * Double(max(notes.count, 1)),
      right: min(width - margins.right, (width - min(nameWidth, width / 3) - 26).rounded()),
      bottom: height - 54)
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

  func place(_ point: ChartSeries.Point) -> Place {
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
}
