import Foundation
import Synchronization

/// A thread that notices when a collective does not complete in time.
///
/// The thread that calls collectives says when one begins and ends; the watchdog looks once a
/// tick. Time is counted in ticks, not by the clock, so that a job which was suspended as a whole,
/// or a machine that slept, is not taken for a stall.
package final class Watchdog: Sendable {
  /// Where a rank stands in the job's sequence of collectives.
  package struct Standing: Equatable, Sendable {
    /// How many collectives this rank has begun.
    package var begun: Int
    /// The collective it is waiting in; `nil` while it computes.
    package var operation: String?
    /// What the rank says it is doing.
    package var activity: String
    /// How long it has neither been at work nor said what it is doing.
    package var idle: Duration
    /// How long it has been doing the same, without a collective.
    package var unchanged: Duration

    package init(
      begun: Int = 0, operation: String? = nil, activity: String = "", idle: Duration = .zero,
      unchanged: Duration = .zero
    ) {
      self.begun = begun
      self.operation = operation
      self.activity = activity
      self.idle = idle
      self.unchanged = unchanged
    }
  }

  private let timeout: Duration
  private let tick: Duration
  private let state = Mutex(Standing())
  private let leash = Leash()

  /// - Parameters:
  ///   - timeout: How long a collective may take.
  ///   - meter: Tells whether the process is at work; it leaves the watchdog's thread out.
  ///   - onTick: Called once a tick on the watchdog's thread.
  ///   - onStall: Called on the watchdog's thread when a collective has taken longer; called
  ///     again after each further quarter of that time if the collective is still not done.
  package init(
    timeout: Duration,
    meter: WorkMeter = WorkMeter(),
    onTick: @escaping @Sendable (Watchdog) -> Void,
    onStall: @escaping @Sendable (Watchdog) -> Void
  ) {
    self.timeout = timeout
    self.tick = max(.milliseconds(10), min(.seconds(1), timeout / 10))
    let thread = Thread { [self] in
      meter.ignoreThisThread()
      watch(meter, onTick: onTick, onStall: onStall)
      leash.release()
    }
    thread.name = "watchdog"
    thread.start()
  }

  package var standing: Standing { state.withLock { $0 } }

  /// What this rank is doing, in words; to say it again is a sign of life, too.
  package var activity: String {
    get { state.withLock { $0.activity } }
    set {
      state.withLock {
        if $0.activity != newValue { $0.unchanged = .zero }
        $0.activity = newValue
        $0.idle = .zero
      }
    }
  }

  /// Says that this rank enters a collective.
  package func begin(_ operation: String) {
    state.withLock {
      $0.begun += 1
      $0.operation = operation
      ($0.idle, $0.unchanged) = (.zero, .zero)
    }
  }

  /// Says that the collective is done.
  package func end() {
    state.withLock {
      $0.operation = nil
      ($0.idle, $0.unchanged) = (.zero, .zero)
    }
  }

  /// Ends the thread, and returns when it has ended.
  package func stop() {
    leash.pull()
  }

  private func watch(
    _ meter: WorkMeter, onTick: (Watchdog) -> Void, onStall: (Watchdog) -> Void
  ) {
    var watched = 0
    var waited = Duration.zero
    while leash.sleep(tick) {
      let isAtWork = meter.hasWorked()
      let now = state.withLock {
        $0.idle = isAtWork ? .zero : $0.idle + tick
        $0.unchanged += tick
        return $0
      }
      onTick(self)
      if now.operation == nil || now.begun != watched {
        watched = now.begun
        waited = .zero
      } else {
        waited += tick
      }
      if waited >= timeout {
        waited = timeout * 3 / 4
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
