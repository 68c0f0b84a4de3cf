import Foundation
import Synchronization

/// A thread that notices when a collective does not complete in time.
///
/// The thread that calls collectives says when one begins and ends; the watchdog looks once a
/// tick. Waiting is counted in ticks, not by the clock, so that a job which was suspended as a
/// whole, or a machine that slept, is not taken for a stall.
package final class Watchdog: Sendable {
  /// Where a rank stands in the job's sequence of collectives.
  package struct Standing: Equatable, Sendable {
    /// How many collectives this rank has begun.
    package var begun: Int
    /// The collective it is waiting in; `nil` while it computes.
    package var operation: String?
    /// What the rank says it is doing.
    package var activity: String

    package init(begun: Int = 0, operation: String? = nil, activity: String = "") {
      self.begun = begun
      self.operation = operation
      self.activity = activity
    }
  }

  private let timeout: Duration
  private let tick: Duration
  private let state = Mutex(Standing())
  private let leash = Leash()

  /// - Parameters:
  ///   - timeout: How long a collective may take.
  ///   - onTick: Called once a tick on the watchdog's thread.
  ///   - onStall: Called on the watchdog's thread when a collective has taken longer; called
  ///     again after as long again if the collective is still not done.
  package init(
    timeout: Duration,
    onTick: @escaping @Sendable (Watchdog) -> Void,
    onStall: @escaping @Sendable (Watchdog) -> Void
  ) {
    self.timeout = timeout
    self.tick = max(.milliseconds(10), min(.seconds(1), timeout / 10))
    let thread = Thread { [self] in
      watch(onTick: onTick, onStall: onStall)
      leash.release()
    }
    thread.name = "watchdog"
    thread.start()
  }

  package var standing: Standing { state.withLock { $0 } }

  /// What this rank is doing, in words.
  package var activity: String {
    get { state.withLock { $0.activity } }
    set { state.withLock { $0.activity = newValue } }
  }

  /// Says that this rank enters a collective.
  package func begin(_ operation: String) {
    state.withLock {
      $0.begun += 1
      $0.operation = operation
    }
  }

  /// Says that the collective is done.
  package func end() {
    state.withLock { $0.operation = nil }
  }

  /// Ends the thread, and returns when it has ended.
  package func stop() {
    leash.pull()
  }

  private func watch(
    onTick: (Watchdog) -> Void, onStall: (Watchdog) -> Void
  ) {
    var watched = 0
    var waited = Duration.zero
    while leash.sleep(tick) {
      onTick(self)
      let now = standing
      if now.operation == nil || now.begun != watched {
        watched = now.begun
        waited = .zero
      } else {
        waited += tick
      }
      if waited >= timeout {
        waited = .zero
        onStall(self)
      }
    }
  }
}

/// Lets one thread sleep until another pulls it back and waits for it.
private final class Leash: @unchecked Sendable {
  private let condition = NSCondition()
  private var isPulled = false
  private var isReleased = false

  /// Sleeps for `duration`; `false` when the leash was pulled.
  func sleep(_ duration: Duration) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: duration / .seconds(1))
    while !isPulled, condition.wait(until: deadline) {}
    return !isPulled
  }

  func release() {
    condition.lock()
    isReleased = true
    condition.broadcast()
    condition.unlock()
  }

  func pull() {
    condition.lock()
    isPulled = true
    condition.broadcast()
    while !isReleased { condition.wait() }
    condition.unlock()
  }
}
