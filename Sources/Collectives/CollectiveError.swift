/// A collective operation that could not be done on this rank.
public struct CollectiveError: Error, CustomStringConvertible, Equatable {
  /// What was asked for, such as `sum of 3576704 floats`.
  public var operation: String
  /// The rank that failed.
  public var rank: Int
  /// The host that rank runs on.
  public var host: String
  /// What the rank said it was doing, such as `step 120, discriminator`; may be empty.
  public var activity: String
  /// What went wrong, in the library's words where it was the library that refused.
  public var reason: String
  /// What to do about it.
  public var advice: String

  package init(
    operation: String, rank: Int, host: String, activity: String, reason: String, advice: String
  ) {
    self.operation = operation
    self.rank = rank
    self.host = host
    self.activity = activity
    self.reason = reason
    self.advice = advice
  }

  public var description: String {
    let doing = activity.isEmpty ? "" : " (\(activity))"
    return "\(operation) failed on rank \(rank), host \(host)\(doing): \(reason); \(advice)"
  }
}
