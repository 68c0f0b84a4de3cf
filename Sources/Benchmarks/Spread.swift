/// The median of a few measurements, and how far they lie apart.
public struct Spread: Codable, Sendable, Equatable {
  public var median: Double
  public var least: Double
  public var greatest: Double

  /// - Parameter samples: at least one.
  public init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "no samples to summarise")
    let sorted = samples.sorted()
    median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    least = sorted[0]
    greatest = sorted[sorted.count - 1]
  }
}

/// Returns the seconds that `body` takes.
func seconds(of body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  return (ContinuousClock.now - start) / .seconds(1)
}
