/// Returns the largest distance of a number found from the one expected in its place, which no
/// tolerance allows if one of them is not a number, or if they differ in number.
public func largestError<Found: BinaryFloatingPoint, Expected: BinaryFloatingPoint>(
  of found: some Collection<Found>, from expected: some Collection<Expected>
) -> Double {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).lazy.map { found, expected in
    // Infinity is right where infinity is expected.
    Double(found) == Double(expected) ? 0 : abs(Double(found) - Double(expected))
  }.largestError
}

extension Sequence<Double> {
  /// The largest of these errors, infinite if one of them is not a number: `max()` passes over
  /// those that do not come first.
  public var largestError: Double {
    reduce(0) { $1.isNaN ? .infinity : Swift.max($0, $1) }
  }
}
