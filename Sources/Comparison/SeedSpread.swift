import Foundation

/// What a quantity comes to over the runs of a model with different seeds.
public struct SeedSpread: Sendable, Equatable {
  public let mean, lowest, highest: Double
  /// The number of runs.
  public let count: Int

  /// - Parameter values: one of each run; nil if there are none.
  public init?(of values: [Double]) {
    guard let lowest = values.min(), let highest = values.max() else { return nil }
    mean = values.reduce(0, +) / Double(values.count)
    (self.lowest, self.highest) = (lowest, highest)
    count = values.count
  }

  /// Returns the mean and, where runs differ, half of the distance between the lowest and the
  /// highest.
  /// - Parameter decimals: digits behind the point.
  public func text(decimals: Int) -> String {
    let mean = String(format: "%.\(decimals)f", self.mean)
    guard highest > lowest else { return mean }
    return mean + String(format: " ± %.\(decimals)f", (highest - lowest) / 2)
  }
}
