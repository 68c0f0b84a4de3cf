/// The median of a few measurements, and how far they lie apart.
package struct Spread: Codable, Sendable, Equatable {
  package var median: Double
  package var least: Double
  package var greatest: Double

  /// - Parameter samples: at least one.
  package init(_ samples: [Double]) {
    precondition(!samples.isEmpty, "no samples to summarise")
    let sorted = samples.sorted()
    median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    least = sorted[0]
    greatest = sorted[sorted.count - 1]
  }
}

/// Returns what `body` returns and the seconds that it takes.
func timed<Result>(_ body: () throws -> Result) rethrows -> (result: Result, seconds: Double) {
  let start = ContinuousClock.now
  let result = try body()
  return (result, (ContinuousClock.now - start) / .seconds(1))
}

/// Returns the seconds that `body` takes.
func seconds(of body: () throws -> Void) rethrows -> Double {
  try timed(body).seconds
}
