import CMPI
import Foundation

/// The sums that go on while a rank computes, and the thread that moves them on.
///
/// MPI works only while it is called. The thread calls it at short intervals and sleeps between
/// them, since the core belongs to the computation. Where the library lets one thread alone call it,
/// there is no such thread, and sums move while somebody waits for them.
final class BackgroundSums: @unchecked Sendable {
  /// One of the sums; its outcome is guarded by the lock of all.
  final class Sum {
    fileprivate let handle: OpaquePointer
    fileprivate var outcome: Int32?

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    /// Moves the sum on; an MPI error code once it has ended, 0 for success.
    fileprivate func advanced() -> Int32? {
      var isDone = false
      let code = cmpi_advance_sum(handle, &isDone)
      return isDone || code != 0 ? code : nil
    }
  }

  /// A fifth of a millisecond is 24 kB at 1 Gbit/s, which the system buffers many times over.
  private static let pauseInMicroseconds: UInt32 = 200

  private let condition = NSCondition()
  private var underway: [Sum] = []
  private var isStopped = false
  private let hasThread: Bool

  init(mayCallMPI: Bool) {
    hasThread = mayCallMPI
    guard hasThread else { return }
    let thread = Thread { [self] in moveSums() }
    thread.name = "background sums"
    thread.start()
  }

  /// Takes over a sum that has begun.
  func add(_ handle: OpaquePointer) -> Sum {
    let sum = Sum(handle)
    condition.lock()
    underway.append(sum)
    condition.broadcast()
    condition.unlock()
    return sum
  }

  /// Returns when `sum` has ended: an MPI error code, 0 for success.
  func wait(for sum: Sum) -> Int32 {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let outcome = sum.outcome { return outcome }
      if hasThread { condition.wait() } else { moveSumsOnce() }
    }
  }

  /// Ends the thread; nothing may be under way.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    while hasThread && isStopped { condition.wait() }
    condition.unlock()
  }

  private func moveSums() {
    condition.lock()
    while !isStopped {
      if underway.isEmpty { condition.wait() } else { moveSumsOnce() }
    }
    isStopped = false
    condition.broadcast()
    condition.unlock()
  }

  /// Moves all sums on, and sleeps; unlocks while it does.
  private func moveSumsOnce() {
    let sums = underway
    condition.unlock()
    let outcomes = sums.map { $0.advanced() }
    let isWaiting = outcomes.allSatisfy { $0 == nil }
    if isWaiting { usleep(Self.pauseInMicroseconds) }
    condition.lock()
    guard !isWaiting else { return }
    for (sum, outcome) in zip(sums, outcomes) { sum.outcome = outcome }
    underway.removeAll { $0.outcome != nil }
    condition.broadcast()
  }
}
