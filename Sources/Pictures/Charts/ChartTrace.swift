/// The values of one series as they are drawn: finite, in order, and no more of them than a reader
/// can see.
public struct ChartTrace: Sendable {
  /// One value and where on the horizontal axis it lies.
  public typealias Point = ChartSeries.Point

  /// The finite values, ascending in `x`.
  public let points: [Point]

  /// Creates the trace of `points`, leaving out those with a coordinate that is not finite.
  public init(_ points: [Point]) {
    let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
    let isAscending = zip(finite, finite.dropFirst()).allSatisfy { $0.x <= $1.x }
    self.points = isAscending ? finite : finite.sorted { $0.x < $1.x }
  }

  /// Returns what remains visible when `range` of the horizontal axis is `columns` pixels wide.
  ///
  /// Of each column the first, the smallest, the largest and the last value are kept, so a
  /// polyline through the result covers the same pixels as one through all the points.
  public func envelope(over range: ClosedRange<Double>, columns: Int) -> [Point] {
    precondition(columns > 0, "an envelope has at least one column")
    guard points.count > 4 * columns else { return points }
    let scale = Double(columns) / max(range.upperBound - range.lowerBound, .leastNormalMagnitude)
    var kept: [Point] = []
    kept.reserveCapacity(4 * columns)
    var start = 0
    while start < points.count {
      let column = ((points[start].x - range.lowerBound) * scale).rounded(.down)
      var (end, lowest, highest) = (start + 1, start, start)
      while end < points.count,
        ((points[end].x - range.lowerBound) * scale).rounded(.down) == column
      {
        if points[end].y < points[lowest].y { lowest = end }
        if points[end].y > points[highest].y { highest = end }
        end += 1
      }
      var previous = -1
      for index in [start, min(lowest, highest), max(lowest, highest), end - 1]
      where index != previous {
        kept.append(points[index])
        previous = index
      }
      start = end
    }
    return kept
  }

  /// Returns at most `count` points of the running interquartile mean of `window` consecutive
  /// values: the mean of what is left without the lowest and the highest quarter of them.
  ///
  /// The points are spread evenly over the values; at the two ends the window is cut short.
  public func runningMean(window: Int, count: Int) -> [Point] {
    precondition(window > 0 && count > 1, "a running mean needs a window and two points")
    let half = window / 2
    let stops = min(count, points.count)
    return (0..<stops).map { stop in
      let index = stops == 1 ? 0 : stop * (points.count - 1) / (stops - 1)
      let span = max(0, index - half)...min(points.count - 1, index + half)
      var values = points[span].map(\.y)
      let quarter = values.count / 4
      let low = values.select(rank: quarter)
      let high = values.select(rank: values.count - 1 - quarter)
      let clamped = values.reduce(0) { $0 + min(max($1, low), high) }
      let middle = clamped - Double(quarter) * (low + high)
      return (points[index].x, middle / Double(values.count - 2 * quarter))
    }
  }

  /// The window that smooths the series as a reader would: a fortieth of it, odd, and 1 where
  /// there is nothing to smooth.
  public var naturalWindow: Int {
    points.count < 80 ? 1 : max(5, points.count / 40 | 1)
  }
}
