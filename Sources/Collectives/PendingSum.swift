import Wording

/// A sum over all ranks that goes on while this rank computes.
public protocol PendingSum: Sendable {
  /// Returns when the sum is in the buffer it was begun for.
  ///
  /// Every rank waits for each of its sums once, in the order in which it began them.
  /// - Throws: `CollectiveError` if the ranks could not be reached.
  func wait() throws
}

/// How numbers travel between ranks.
public enum SumFormat: String, Sendable, Codable, CaseIterable {
  /// As they are.
  case float32
  /// In half the bytes: rounded to eight significant bits, to nearest and ties to even, whenever a
  /// rank sends them on, and added as `float32`.
  case bfloat16

  /// What errors and the watchdog call a sum in this format.
  package func sumName(count: Int) -> String {
    "sum of \(count.counted("float"))" + (self == .float32 ? "" : " as \(self)")
  }
}
