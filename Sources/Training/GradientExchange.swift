import Collectives
import Tensors

/// Averages the gradient of a network over the ranks, where it pays while parts of the gradient are
/// still being computed.
///
/// Backpropagation mostly finishes the last layer first, so the gradient leaves in buckets from the
/// end of its buffer to the beginning: neighbouring tensors, as many as make a message worth its
/// latency. A last part of the network that is small for its work, as that of a generator is, can
/// wait: its gradients are computed last, and sent last, while the large ones of the first layers
/// are on their way. Layers that have not grown yet, which the result does not depend on, are not
/// sent.
///
/// Every rank sends the same buckets in the same order, whatever the order in which it finishes
/// them. (Discriminators that grow are laid out from the last layer to the first, and so gain
/// least.)
package final class GradientExchange {
  /// What is sent together.
  private struct Bucket {
    var tensors: Range<Int>
    var unfinishedCount: Int
    /// Whether the result depends on any of the tensors; if not, all ranks have zeros.
    var isReached = false
    var sum: (any PendingSum)?
  }

  /// 256 kB, two milliseconds at 1 Gbit/s.
  private static let smallestBucket = 65_536

  /// The most of all numbers that may wait: more would take as long to send as the rest.
  private static let largestLateShare = 0.25

  /// The tensors whose gradients should be computed after all others.
  package private(set) var lateTensors = 0..<0

  private let shapes: [[Int]]
  private let communicator: any Communicator
  private let format: SumFormat
  /// In the order in which they are sent; none if the whole gradient is, when it is complete.
  private var buckets: [Bucket] = []
  private var sentCount = 0
  /// The number of tensors up to the last that the result depends on.
  private var reachedCount = 0
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
    reachedCount = 0
    return gradient
  }

  /// Says that tensor `index` of the gradient is final on this rank, and sends what is complete by
  /// it and next in order.
  /// - Parameter isReached: whether the result depends on the tensor; the same on every rank.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  package func markFinal(_ index: Int, isReached: Bool = true) throws {
    if isReached { reachedCount = max(index + 1, reachedCount) }
    if isSpoiled { gradientUnderway.withMutableScalars(of: index) { $0.update(repeating: .nan) } }
    guard let place = buckets.firstIndex(where: { $0.tensors.contains(index) }) else { return }
    buckets[place].unfinishedCount -= 1
    if isReached { buckets[place].isReached = true }
    while sentCount < buckets.count, buckets[sentCount].unfinishedCount == 0 {
      if buckets[sentCount].isReached {
        // The numbers stay in their place until the exchange is finished.
        buckets[sentCount].sum = try gradientUnderway.withMutableScalars(
          of: buckets[sentCount].tensors
        ) { try communicator.beginSum($0, as: format) }
      }
      sentCount += 1
    }
  }

  /// Waits until the gradient is the mean of all ranks', and gives it away.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  package func finish() throws -> TensorBuffer {
    let gradient = gradientUnderway
    precondition(sentCount == buckets.count, "some gradients were never final")
    if buckets.isEmpty && reachedCount > 0 {
      try gradient.withMutableScalars(of: 0..<reachedCount) {
        try communicator.average($0, as: format)
      }
    }
    for index in buckets.indices {
      let tensors = buckets[index].tensors
      if let sum = buckets[index].sum {
        try sum.wait()
        gradient.withMutableScalars(of: tensors) { communicator.divideBySize($0) }
      }
      buckets[index] = Bucket(tensors: tensors, unfinishedCount: tensors.count)
    }
    sentCount = 0
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
    // What is not worth a message of its own goes with what is before it.
    if lateCount < Self.smallestBucket { firstLate = shapes.count }
    lateTensors = firstLate..<shapes.count
    for part in [0..<firstLate, lateTensors] {
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
