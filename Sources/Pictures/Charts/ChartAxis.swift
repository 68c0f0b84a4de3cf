import Foundation

/// One axis of a ``Chart``: the range it shows and the round numbers marked on it.
public struct ChartAxis: Sendable, Equatable {
  /// The values at the two ends.
  public let range: ClosedRange<Double>
  /// The marked values, ascending: the multiples of 1, 2 or 5 times a power of ten in `range`.
  public let ticks: [Double]
  /// The distance between two marks.
  public let step: Double

  /// Creates an axis over `range` with at most `maximumTickCount` marks, and at least two fifths
  /// as many.
  ///
  /// A range of no extent is widened, so that a single value lies in the middle.
  public init(range: ClosedRange<Double>, maximumTickCount: Int) {
    precondition(maximumTickCount >= 2, "an axis has at least two marks")
    self.range = Self.widened(range)
    let extent = self.range.upperBound - self.range.lowerBound
    step = Self.roundStep(atLeast: extent / Double(maximumTickCount - 1))
    let tolerance = 1e-9
    let first = (self.range.lowerBound / step - tolerance).rounded(.up)
    let last = (self.range.upperBound / step + tolerance).rounded(.down)
    let step = step
    ticks = first <= last ? (0...Int(last - first)).map { (first + Double($0)) * step } : []
  }

  /// The text of a mark: no more decimals than the marks need, a true minus sign, and an exponent
  /// where the number would be long.
  public func label(of tick: Double) -> String {
    let magnitude = max(abs(range.lowerBound), abs(range.upperBound))
    let value = abs(tick) < step / 2 ? 0 : tick
    let text =
      if magnitude >= 1e6 || step < 1e-4 {
        String(format: "%.3g", value)
      } else {
        String(format: "%.\(max(0, Int(-(log10(step) + 1e-9).rounded(.down))))f", value)
      }
    return text.replacingOccurrences(of: "-", with: "\u{2212}")
  }

  /// Returns the range that shows `values` without the few that lie far outside the rest.
  ///
  /// Left out are values among the last 0.5 % at either end that lie farther from the rest than
  /// half of its extent. Fewer than 20 values are all shown. Values that are not
  /// finite are ignored; if none is finite, the result is `nil`.
  public static func robustRange(of values: some Sequence<Double>) -> ClosedRange<Double>? {
    var finite = values.filter(\.isFinite)
    guard let smallest = finite.min(), let largest = finite.max() else { return nil }
    guard finite.count >= 20 else { return smallest...largest }
    let spared = (finite.count + 199) / 200
    let low = finite.select(rank: spared)
    let high = finite.select(rank: finite.count - 1 - spared)
    let reach = (high - low) / 2
    guard reach > 0 else { return smallest...largest }
    let shown = finite.lazy.filter { $0 >= low - reach && $0 <= high + reach }
    return (shown.min() ?? low)...(shown.max() ?? high)
  }

  private static func widened(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    let middle = range.lowerBound / 2 + range.upperBound / 2
    let least = max(abs(middle) * 1e-6, 1e-12)
    guard range.upperBound - range.lowerBound < least else { return range }
    let half = middle == 0 ? 1 : abs(middle) / 10
    return (middle - half)...(middle + half)
  }

  /// Returns the smallest 1, 2 or 5 times a power of ten that is not below `step`.
  private static func roundStep(atLeast step: Double) -> Double {
    let power = pow(10, log10(step).rounded(.down))
    let tolerance = 1 + 1e-9
    for factor in [1.0, 2, 5] where factor * power * tolerance >= step { return factor * power }
    return 10 * power
  }
}

extension Array<Double> {
  /// Returns the element that sorting would put at `rank`, in linear time, and reorders the array.
  mutating func select(rank: Int) -> Double {
    var low = 0
    var high = count - 1
    while low < high {
      let pivot = self[low + (high - low) / 2]
      var left = low
      var right = high
      while left <= right {
        while self[left] < pivot { left += 1 }
        while self[right] > pivot { right -= 1 }
        guard left <= right else { break }
        swapAt(left, right)
        left += 1
        right -= 1
      }
      if rank <= right { high = right } else if rank >= left { low = left } else { break }
    }
    return self[rank]
  }
}
