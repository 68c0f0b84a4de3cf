import CKernels
import Foundation
import Synchronization

/// The threads that a process computes with.
public enum ComputeThreads {
  /// Their number, the calling thread included; 1 unless it is set.
  public static var count: Int {
    get { ThreadTeam.shared.threadCount.load(ordering: .relaxed) }
    set { ThreadTeam.shared.resize(to: newValue) }
  }
}

/// Divides `0..<count` into ranges of at least `minimum` and calls `body` with all of them, on all
/// compute threads; returns when the last is done.
///
/// What is computed for an index must not depend on the range it falls into: then results are the
/// same for any number of threads. A call inside of `body` runs on the thread that makes it.
package func forEachRangeConcurrently(
  of count: Int, atLeast minimum: Int = 1, _ body: (Range<Int>) -> Void
) {
  let threads = ComputeThreads.count
  // More ranges than threads: one that starts late, or is held up, leaves its share to others.
  let rangeCount = threads == 1 ? 1 : min(count / minimum, 4 * threads)
  guard rangeCount > 1 else {
    if count > 0 { body(0..<count) }
    return
  }
  ThreadTeam.shared.perform(rangeCount) { index in
    body(count * index / rangeCount..<count * (index + 1) / rangeCount)
  }
}

/// Threads that wait for work and share it out among themselves and the thread that brings it.
///
/// A training step has thousands of loops, some of them as short as the time it takes to wake a
/// sleeping thread; so a thread that runs out of work keeps looking for more before it sleeps.
private final class ThreadTeam: Sendable {
  static let shared = ThreadTeam()

  /// Looks for work before a thread goes to sleep: 50 to 200 microseconds, by processor.
  private static let patience = 4000

  let threadCount = Atomic(1)
  /// The work to be done. Written only while nobody is at it.
  private nonisolated(unsafe) var work: ((Int) -> Void)?
  private let partCount = Atomic(0)
  private let nextPart = Atomic(0)
  /// Whether there is work that may still have parts to take.
  private let isOpen = Atomic(false)
  /// Helpers that look at the work or do parts of it.
  private let busyHelpers = Atomic(0)
  private let sleepingHelpers = Atomic(0)
  private let alarm = NSCondition()
  private let isTaken = Atomic(false)
  private let helperCount = Mutex(0)

  func resize(to count: Int) {
    precondition(count > 0, "\(count) compute threads")
    threadCount.store(count, ordering: .relaxed)
    helperCount.withLock { helpers in
      while helpers < count - 1 {
        let number = helpers
        let thread = Thread { self.help(as: number) }
        thread.name = "compute \(number + 1)"
        thread.start()
        helpers += 1
      }
    }
  }

  /// Calls `body` with every number below `parts`, and returns when all calls have returned.
  func perform(_ parts: Int, _ body: (Int) -> Void) {
    guard !isTaken.exchange(true, ordering: .acquiring) else {
      // Another thread has the team, or this is part of the team's work.
      for part in 0..<parts { body(part) }
      return
    }
    defer { isTaken.store(false, ordering: .releasing) }
    withoutActuallyEscaping(body) { body in
      work = body
      partCount.store(parts, ordering: .relaxed)
      nextPart.store(0, ordering: .relaxed)
      isOpen.store(true, ordering: .sequentiallyConsistent)
      if sleepingHelpers.load(ordering: .sequentiallyConsistent) > 0 {
        alarm.withLock { alarm.broadcast() }
      }
      takeParts()
      isOpen.store(false, ordering: .sequentiallyConsistent)
      var waits = 0
      while busyHelpers.load(ordering: .sequentiallyConsistent) > 0 {
        waits += 1
        // With more threads than cores, the one that is waited for may need this one's.
        if waits < Self.patience { ck_spin_hint() } else { sched_yield() }
      }
      work = nil
    }
  }

  // Never inlined, so that a helper lets go of the work before it says that it has left.
  @inline(never)
  private func takeParts() {
    guard let work else { return }
    let parts = partCount.load(ordering: .relaxed)
    while true {
      let part = nextPart.wrappingAdd(1, ordering: .relaxed).oldValue
      guard part < parts else { return }
      work(part)
    }
  }

  private func help(as number: Int) {
    while true {
      waitForWork(as: number)
      // Announced first and looked at afterwards: work that is open now stays until this helper
      // has left it.
      busyHelpers.wrappingAdd(1, ordering: .sequentiallyConsistent)
      if isOpen.load(ordering: .sequentiallyConsistent) { takeParts() }
      busyHelpers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    }
  }

  private func waitForWork(as number: Int) {
    for _ in 0..<Self.patience {
      if hasWork(for: number) { return }
      ck_spin_hint()
    }
    alarm.lock()
    sleepingHelpers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while !hasWork(for: number) { alarm.wait() }
    sleepingHelpers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    alarm.unlock()
  }

  private func hasWork(for number: Int) -> Bool {
    isOpen.load(ordering: .sequentiallyConsistent)
      && nextPart.load(ordering: .relaxed) < partCount.load(ordering: .relaxed)
      && number < threadCount.load(ordering: .relaxed) - 1
  }
}
