import Collectives
import Tensors

/// Averages the gradient of a network over the ranks, where it pays while parts of the gradient are
/// still being computed.
///
/// Backpropagation finishes the last layer first, so the gradient leaves in buckets from the end of
/// its buffer to the beginning: neighbouring tensors, as many as make a message worth its latency.
/// A last part of the network that is small for its work, as that of a generator is, can wait: its
/// gradients are computed last, and sent last, while the large ones of the first layers are on
/// their way.
///
/// Every rank sends the same buckets in the same order, whatever the order in which it finishes them.
package final class GradientExchange {
  /// What is sent together.
  private struct Bucket {
    var tensors: Range<Int>
    var unfinishedCount: Int
    var sum: (any PendingSum)?
  }

  /// 256 kB, two milliseconds at 1 Gbit/s.
  private static let smallestBucket = 65_536

  /// The most of all numbers that may wait: less would leave nothing to compute meanwhile, more
  /// would take as long to send as the rest.
  private static let largestLateShare = 0.25

  /// The tensors whose gradients should be computed after all others.
  package private(set) var late = 0..<0

  private let shapes: [[Int]]
  private let communicator: any Communicator
  private let format: SumFormat
  private var buckets: [Bucket] = []
  private var underway: TensorBuffer?
  private var isSpoiled = false

  package init(
    shapes: [[Int]], over communicator: any Communicator, options: GradientExchangeOptions
  ) {
    self.shapes = shapes
    self.communicator = communicator
    format = options.format
    if communicator.overlaps(options) { formBuckets() }
  }

  /// Returns room for this rank's next gradient; between two exchanges its memory serves others.
  /// - Parameter spoiled: makes the mean no number on any rank: the others learn without another
  ///   message that this one can make nothing of its share of the batch.
  package func begin(spoiled: Bool = false) -> TensorBuffer {
    let gradient = TensorBuffer(uninitialized: shapes)
    underway = gradient
    isSpoiled = spoiled
    return gradient
  }

  /// Says that tensor `index` of the gradient is final on this rank, and sends what is complete by
  /// it and next in order.
  package func markFinal(_ index: Int) throws {
    if isSpoiled { gradientUnderway.withMutableScalars(of: index) { $0.update(repeating: .nan) } }
    guard let place = buckets.firstIndex(where: { $0.tensors.contains(index) }) else { return }
    buckets[place].unfinishedCount -= 1
    for next in buckets.indices where buckets[next].sum == nil {
      guard buckets[next].unfinishedCount == 0 else { return }
      // The numbers stay in their place until the exchange is finished.
      buckets[next].sum = try gradientUnderway.withMutableScalars(of: buckets[next].tensors) {
        try communicator.beginSum($0, as: format)
      }
    }
  }

  /// Waits until the gradient is the mean of all ranks', and gives it away.
  package func finish() throws -> TensorBuffer {
    let gradient = gradientUnderway
    if buckets.isEmpty {
      try gradient.withMutableScalars { try communicator.average($0, as: format) }
    }
    for index in buckets.indices {
      let tensors = buckets[index].tensors
      guard let sum = buckets[index].sum else {
        preconditionFailure("the gradients of tensors \(tensors) were never final")
      }
      try sum.wait()
      gradient.withMutableScalars(of: tensors) { communicator.divideBySize($0) }
      buckets[index].sum = nil
      buckets[index].unfinishedCount = tensors.count
    }
    underway = nil
    return gradient
  }

  private var gradientUnderway: TensorBuffer {
    guard let underway else { preconditionFailure("no exchange of gradients has begun") }
    return underway
  }

  private func formBuckets() {
    let counts = shapes.map { $0.reduce(1, *) }
    let allowed = Int(Self.largestLateShare * Double(counts.reduce(0, +)))
    var (firstLate, lateCount) = (shapes.count, 0)
    while firstLate > 0, lateCount + counts[firstLate - 1] <= allowed {
      firstLate -= 1
      lateCount += counts[firstLate]
    }
    late = firstLate..<shapes.count
    for part in [0..<firstLate, late] {
      var (end, size) = (part.upperBound, 0)
      for index in part.reversed() {
        size += counts[index]
        guard size >= Self.smallestBucket || index == part.lowerBound else { continue }
        buckets.append(Bucket(tensors: index..<end, unfinishedCount: end - index))
        (end, size) = (index, 0)
      }
    }
  }
}
