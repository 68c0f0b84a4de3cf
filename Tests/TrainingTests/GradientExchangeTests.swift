import Collectives
import Synchronization
import Tensors
import Testing
import Training

@Suite("The exchange of a gradient in buckets")
struct GradientExchangeTests {
  /// From the end, tensors are sent together as soon as they have 65 536 elements: the last alone,
  /// the two before it, and the first two.
  private static let shapes = [[70_000], [10], [40_000], [30_000], [256, 256]]

  private let ranks = PretendedRanks()
  private let exchange: GradientExchange

  init() {
    exchange = GradientExchange(
      shapes: Self.shapes, over: ranks, options: .init(overlap: .on, format: .bfloat16))
  }

  /// Begins an exchange of a gradient with `first` in the first tensor, one more in the next, and
  /// so on.
  private func begin(first: Float) {
    let gradient = exchange.begin()
    for index in Self.shapes.indices {
      gradient.withMutableScalars(of: index) { $0.update(repeating: first + Float(index)) }
    }
  }

  /// Expects the mean of the gradient that began with `first` and of three times as much.
  private func expectMean(first: Float, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let mean = try exchange.finish()
    for (index, tensor) in mean.tensors.enumerated() {
      #expect(
        tensor.scalars.allSatisfy { $0 == 2 * (first + Float(index)) }, "tensor \(index)",
        sourceLocation: sourceLocation)
    }
  }

  @Test("sends the end first, each bucket once all of it is final")
  func order() throws {
    begin(first: 1)
    let sent = try Self.shapes.indices.reversed().map { index in
      try exchange.markFinal(index)
      return ranks.begun.count
    }
    #expect(sent == [1, 1, 2, 2, 3])
    #expect(ranks.begun == [5, 3, 1])
    #expect(ranks.formats == [.bfloat16])
    try expectMean(first: 1)
    #expect(ranks.awaited == ranks.begun)
  }

  @Test("sends in the same order what is final in another")
  func otherOrder() throws {
    begin(first: 1)
    let sent = try [1, 3, 0, 4, 2].map { index in
      try exchange.markFinal(index)
      return ranks.begun
    }
    #expect(sent == [[], [], [], [5], [5, 3, 1]])
    try expectMean(first: 1)
    #expect(ranks.awaited == [5, 3, 1])
  }

  @Test("lets a small last part wait, which is sent after the rest")
  func lateness() throws {
    let shapes = [[400_000], [100_000], [70_000], [30_000]]
    let exchange = GradientExchange(shapes: shapes, over: ranks, options: .init(overlap: .on))
    #expect(exchange.lateTensors == 2..<4)
    let gradient = exchange.begin()
    for index in shapes.indices {
      gradient.withMutableScalars(of: index) { $0.update(repeating: Float(index)) }
    }
    for index in [1, 3, 0, 2] { try exchange.markFinal(index) }
    _ = try exchange.finish()
    #expect(ranks.begun == [1, 0, 2])
    #expect(self.exchange.lateTensors.isEmpty)
  }

  @Test("lets nothing wait that is not worth a message of its own")
  func smallLastPart() throws {
    let shapes = [[400_000], [100_000], [60_000]]
    let exchange = GradientExchange(shapes: shapes, over: ranks, options: .init(overlap: .on))
    #expect(exchange.lateTensors.isEmpty)
  }

  @Test("sends nothing of layers that the loss does not depend on yet", arguments: [true, false])
  func growth(overlaps: Bool) throws {
    let ranks = PretendedRanks(sumInBackground: overlaps)
    let exchange = GradientExchange(
      shapes: Self.shapes, over: ranks, options: .init(overlap: overlaps ? .on : .off))
    // The gradient of the second tensor is zero, too, but lies among others.
    for reached in [[2, 0], [3, 2, 0], []] {
      let gradient = exchange.begin()
      gradient.withMutableScalars { $0.update(repeating: 1) }
      for index in Self.shapes.indices.reversed() {
        try exchange.markFinal(index, isReached: reached.contains(index))
      }
      let mean = try exchange.finish()
      let expected: [Float] =
        switch reached.count {
        case 2: overlaps ? [2, 2, 2, 2, 1] : [2, 2, 2, 1, 1]
        case 3: [2, 2, 2, 2, 1]
        default: [1, 1, 1, 1, 1]
        }
      #expect(mean.tensors.map { $0.scalars[0] } == expected)
    }
  }

  @Test("can be done again, with new numbers")
  func again() throws {
    for first: Float in [1, 11] {
      begin(first: first)
      for index in Self.shapes.indices.reversed() { try exchange.markFinal(index) }
      try expectMean(first: first)
    }
    #expect(ranks.begun == [5, 3, 1, 15, 13, 11])
    #expect(ranks.awaited == ranks.begun)
  }
}

/// The first of two ranks, the other of which always has three times its numbers. Sums come about
/// when they are awaited, and are remembered by their first numbers.
private final class PretendedRanks: Communicator {
  private struct Record {
    var begun: [Float] = []
    var awaited: [Float] = []
    var formats: Set<SumFormat> = []
  }

  private struct Sum: PendingSum, @unchecked Sendable {
    let buffer: UnsafeMutableBufferPointer<Float>
    let ranks: PretendedRanks

    func wait() {
      ranks.record.withLock { $0.awaited.append(buffer[0]) }
      for index in buffer.indices { buffer[index] *= 4 }
    }
  }

  let rank = 0
  let size = 2
  let localRank = 0
  let localSize = 1
  let hostName = "pretended"
  private let record = Mutex(Record())
  private let sumsInBackground: Bool

  init(sumInBackground sumsInBackground: Bool = true) { self.sumsInBackground = sumsInBackground }

  var begun: [Float] { record.withLock { $0.begun } }
  var awaited: [Float] { record.withLock { $0.awaited } }
  var formats: Set<SumFormat> { record.withLock { $0.formats } }

  var activity: String {
    get { "" }
    set {}
  }

  func beginSum(
    _ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat
  ) -> any PendingSum {
    record.withLock {
      $0.begun.append(buffer[0])
      $0.formats.insert(format)
    }
    return Sum(buffer: buffer, ranks: self)
  }

  func sum(_ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat) {
    if sumsInBackground { Issue.record("a sum that is not in the background") }
    for index in buffer.indices { buffer[index] *= 4 }
  }

  func maximum(_ values: inout [Int64]) {}
  func minimum(_ values: inout [Int64]) {}
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {}
  func gather(_ bytes: UnsafeRawBufferPointer, to root: Int) -> [[UInt8]]? { nil }
  func barrier() {}
  func finish() {}
  func abort(code: Int32) -> Never { preconditionFailure("a pretended job was ended") }
}
