import Collectives
import Foundation
import Synchronization
import Wording

/// One rank of a job whose ranks are threads of this process.
///
/// Sums are taken in rank order, so all ranks get identical bits, run after run. A collective
/// fails on every rank, instead of hanging, when a rank's thread has ended, when ranks call
/// different collectives, and when a rank is later than the stall timeout.
public final class InMemoryCommunicator: Communicator {
  public let rank: Int
  public let size: Int
  public let localRank: Int
  public let localSize: Int
  public let hostName: String
  private let rendezvous: Rendezvous
  private let currentActivity = Mutex("")
  private let hasFinished = Mutex(false)

  private init(rank: Int, size: Int, ranksPerHost: Int, rendezvous: Rendezvous) {
    let host = rank / ranksPerHost
    self.rank = rank
    self.size = size
    self.localRank = rank % ranksPerHost
    self.localSize = min(ranksPerHost, size - host * ranksPerHost)
    self.hostName = "host\(host)"
    self.rendezvous = rendezvous
  }

  /// Runs `body` once a rank, each on a thread of its own, and waits for all of them.
  ///
  /// - Parameters:
  ///   - ranks: The number of ranks.
  ///   - ranksPerHost: How many ranks pretend to share a host; `nil` puts all on one.
  ///   - stallTimeout: How long a collective waits for its last rank before it fails.
  /// - Returns: What `body` returned, in rank order.
  /// - Throws: The first error that a rank threw.
  public static func run<Outcome: Sendable>(
    ranks: Int, ranksPerHost: Int? = nil, stallTimeout: Duration = .seconds(60),
    _ body: @escaping @Sendable (InMemoryCommunicator) throws -> Outcome
  ) throws -> [Outcome] {
    precondition(ranks > 0 && ranksPerHost ?? 1 > 0, "a job has at least one rank a host")
    let job = Job<Outcome>(size: ranks)
    let rendezvous = Rendezvous(size: ranks, timeout: stallTimeout)
    let allEnded = DispatchGroup()
    for rank in 0..<ranks {
      let communicator = InMemoryCommunicator(
        rank: rank, size: ranks, ranksPerHost: ranksPerHost ?? ranks, rendezvous: rendezvous)
      allEnded.enter()
      let thread = Thread {
        job.record(Result { try body(communicator) }, of: rank)
        rendezvous.leave(rank: rank)
        allEnded.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    allEnded.wait()
    return try job.outcomes()
  }

  public var activity: String {
    get { currentActivity.withLock { $0 } }
    set { currentActivity.withLock { $0 = newValue } }
  }

  public func sum(_ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat) throws {
    if format == .bfloat16 { buffer.roundToBFloat16() }
    try meet(
      format.sumName(count: buffer.count), UnsafeMutableRawBufferPointer(buffer)
    ) { buffers in
      switch format {
      case .float32: Self.reduce(buffers, as: Float.self, +)
      case .bfloat16: Self.reduce(buffers, as: Float.self) { ($0 + $1).roundedToBFloat16 }
      }
    }
  }

  /// Begins a sum; threads being what they are here, all of it is done in the wait.
  public func beginSum(
    _ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat
  ) throws -> any PendingSum {
    SumToMeetFor(communicator: self, buffer: buffer, format: format)
  }

  public func maximum(_ values: inout [Int64]) throws {
    let count = values.count
    try values.withUnsafeMutableBytes {
      try meet("maximum of \(count.counted("integer"))", $0) {
        Self.reduce($0, as: Int64.self, max)
      }
    }
  }

  public func minimum(_ values: inout [Int64]) throws {
    let count = values.count
    try values.withUnsafeMutableBytes {
      try meet("minimum of \(count.counted("integer"))", $0) {
        Self.reduce($0, as: Int64.self, min)
      }
    }
  }

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
    precondition((0..<size).contains(root), "a job of \(size) ranks has no rank \(root)")
    try meet("broadcast of \(bytes.count.counted("byte")) from rank \(root)", bytes) { buffers in
      for buffer in buffers where buffer.baseAddress != buffers[root].baseAddress {
        buffer.copyMemory(from: UnsafeRawBufferPointer(buffers[root]))
      }
    }
  }

  public func gather(_ bytes: UnsafeRawBufferPointer, to root: Int) throws -> [[UInt8]]? {
    precondition((0..<size).contains(root), "a job of \(size) ranks has no rank \(root)")
    let collected = try meetAndCollect(
      "gather to rank \(root)", UnsafeMutableRawBufferPointer(mutating: bytes)
    ) { buffers in buffers.map { Array($0) } }
    return rank == root ? collected : nil
  }

  public func barrier() throws {
    try meet("barrier", UnsafeMutableRawBufferPointer(start: nil, count: 0)) { _ in }
  }

  public func finish() throws {
    guard !hasFinished.withLock({ $0 }) else { return }
    try meet("finish", UnsafeMutableRawBufferPointer(start: nil, count: 0)) { _ in }
    hasFinished.withLock { $0 = true }
  }

  /// Ends the process with the exit code `code`, and with it every rank.
  public func abort(code: Int32) -> Never {
    exit(code)
  }

  private func meet(
    _ operation: String, _ bytes: UnsafeMutableRawBufferPointer,
    combine: (Rendezvous.Buffers) -> Void
  ) throws {
    _ = try meetAndCollect(operation, bytes) { buffers in
      combine(buffers)
      return []
    }
  }

  private func meetAndCollect(
    _ operation: String, _ bytes: UnsafeMutableRawBufferPointer,
    combine: (Rendezvous.Buffers) -> [[UInt8]]
  ) throws -> [[UInt8]] {
    do {
      return try rendezvous.meet(
        rank: rank, operation: operation, bytes: bytes, combine: combine)
    } catch {
      throw CollectiveError(
        operation: operation, rank: rank, host: hostName, activity: activity,
        reason: error.reason,
        advice: "every rank must call the same collectives in the same order")
    }
  }

  /// Combines equally long buffers element by element, in rank order, and gives all the result.
  private static func reduce<Element>(
    _ buffers: Rendezvous.Buffers, as type: Element.Type, _ combine: (Element, Element) -> Element
  ) {
    let ranks = buffers.map { $0.bindMemory(to: type) }
    let total = ranks[0]
    for rank in ranks.dropFirst() {
      for index in total.indices { total[index] = combine(total[index], rank[index]) }
    }
    for rank in ranks.dropFirst() { _ = rank.update(fromContentsOf: total) }
  }
}

/// A sum that the ranks will meet for when they wait for it.
private struct SumToMeetFor: PendingSum, @unchecked Sendable {
  let communicator: InMemoryCommunicator
  let buffer: UnsafeMutableBufferPointer<Float>
  let format: SumFormat

  func wait() throws { try communicator.sum(buffer, as: format) }
}

/// What the ranks of an in-memory job returned or threw.
private final class Job<Outcome: Sendable>: Sendable {
  private struct Record {
    var outcomes: [Outcome?]
    var firstError: (any Error)?
  }
  private let record: Mutex<Record>

  init(size: Int) {
    record = Mutex(Record(outcomes: Array(repeating: nil, count: size)))
  }

  func record(_ result: Result<Outcome, any Error>, of rank: Int) {
    record.withLock { record in
      switch result {
      case .success(let outcome): record.outcomes[rank] = outcome
      case .failure(let error): record.firstError = record.firstError ?? error
      }
    }
  }

  func outcomes() throws -> [Outcome] {
    try record.withLock { record in
      if let error = record.firstError { throw error }
      return record.outcomes.compactMap { $0 }
    }
  }
}
