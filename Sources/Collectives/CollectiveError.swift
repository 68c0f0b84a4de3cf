/// A collective operation that could not be done on this rank.
public struct CollectiveError: Error, CustomStringConvertible, Equatable {
  /// What was asked for, such as `sum of 3,576,704 floats`.
  public var operation: String
  /// The rank that failed, where it is known.
  public var rank: Int?
  /// The host that rank runs on.
  public var host: String
  /// What went wrong, in the library's words where it was the library that refused.
  public var reason: String
  /// What to do about it.
  public var advice: String

  public init(operation: String, rank: Int?, host: String, reason: String, advice: String) {
    self.operation = operation
    self.rank = rank
    self.host = host
    self.reason = reason
    self.advice = advice
  }

  public var description: String {
    let who = rank.map { "rank \($0) on \(host)" } ?? "a process on \(host)"
    return "\(operation) failed for \(who): \(reason); \(advice)"
  }
}
