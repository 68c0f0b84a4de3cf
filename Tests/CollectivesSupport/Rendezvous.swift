import Collectives
import Foundation
import Wording

/// Where the threads of an in-memory job meet: the last to arrive does the work for all.
///
/// One lock guards everything, including the ranks' buffers while they wait, so the type is safe
/// to share.
final class Rendezvous: @unchecked Sendable {
  /// A collective does its work through these: every rank's bytes, in rank order.
  typealias Buffers = [UnsafeMutableRawBufferPointer]

  private struct Arrival {
    var operation: String
    var bytes: UnsafeMutableRawBufferPointer
  }

  private let condition = NSCondition()
  private let timeout: Duration
  private var arrivals: [Arrival?]
  private var generation = 0
  private var departed: Set<Int> = []
  private var failure: String?
  /// What the last collective collected; every rank reads it before the next can complete.
  private var collected: [[UInt8]] = []

  init(size: Int, timeout: Duration) {
    arrivals = Array(repeating: nil, count: size)
    self.timeout = timeout
  }

  /// Waits until every rank has arrived with the same operation, and has `combine` called once.
  ///
  /// - Returns: What `combine` returned.
  /// - Throws: `Failure` on every rank when a rank has left, is too late, or came for another
  ///   operation.
  func meet(
    rank: Int, operation: String, bytes: UnsafeMutableRawBufferPointer,
    combine: (Buffers) -> [[UInt8]]
  ) throws(Failure) -> [[UInt8]] {
    condition.lock()
    defer { condition.unlock() }
    arrivals[rank] = Arrival(operation: operation, bytes: bytes)
    let mine = generation
    if let missing = departed.min() {
      failAll("rank \(missing) has left and will not take part")
    }
    if failure == nil, arrivals.allSatisfy({ $0 != nil }) {
      complete(combine)
    } else {
      waitForTheOthers()
    }
    // A failure that came after this collective was complete belongs to the next one.
    if generation == mine, let failure { throw Failure(reason: failure) }
    return collected
  }

  /// Tells the others that this rank's thread has ended; those who wait for it fail.
  func leave(rank: Int) {
    condition.lock()
    defer { condition.unlock() }
    departed.insert(rank)
    if arrivals.contains(where: { $0 != nil }) {
      failAll("rank \(rank) has left and will not take part")
    }
  }

  private func complete(_ combine: (Buffers) -> [[UInt8]]) {
    let arrivals = arrivals.compactMap { $0 }
    if let rank = arrivals.indices.first(where: { arrivals[$0].operation != arrivals[0].operation })
    {
      failAll(
        "ranks called different collectives: rank 0 \(arrivals[0].operation), "
          + "rank \(rank) \(arrivals[rank].operation)")
      return
    }
    collected = combine(arrivals.map(\.bytes))
    self.arrivals = Array(repeating: nil, count: arrivals.count)
    generation += 1
    condition.broadcast()
  }

  private func waitForTheOthers() {
    let mine = generation
    let deadline = Date(timeIntervalSinceNow: timeout / .seconds(1))
    while failure == nil, generation == mine {
      if !condition.wait(until: deadline), failure == nil, generation == mine {
        let missing = arrivals.indices.filter { arrivals[$0] == nil }
        failAll("\(RankList(missing)) did not arrive within \(timeout.inSeconds)")
      }
    }
  }

  private func failAll(_ reason: String) {
    failure = failure ?? reason
    condition.broadcast()
  }

  struct Failure: Error {
    var reason: String
  }
}
