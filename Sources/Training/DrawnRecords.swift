/// The records of a run that its charts are drawn from: all of a short run, and of a long one those
/// of every second, fourth or further step, as many as a chart can show. Every step is in the log.
struct DrawnRecords {
  /// More than a chart has columns, even where half of them have just been left out.
  private static let limit = 1 << 14

  private(set) var records: [LossRecord] = []
  /// The number of steps from one that is kept to the next.
  private var stride = 1
  /// The steps so far, kept or not.
  private var count = 0

  /// Adds the next step, which `record` is asked for if it is kept; nil if it has no losses.
  mutating func append(_ record: @autoclosure () -> LossRecord?) {
    defer { count += 1 }
    guard count.isMultiple(of: stride), let record = record() else { return }
    records.append(record)
    guard records.count == Self.limit else { return }
    stride *= 2
    records = Swift.stride(from: 0, to: records.count, by: 2).map { records[$0] }
  }

  /// Returns a curve against epochs; where there is no value, it has no point.
  func curve(_ value: (LossRecord) -> Float?) -> [(x: Double, y: Double)] {
    records.compactMap { record in value(record).map { (record.epoch, Double($0)) } }
  }
}
