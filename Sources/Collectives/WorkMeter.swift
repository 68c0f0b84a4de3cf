import Foundation
import Synchronization

/// Tells a process that is at work from one that is stuck, by what the system counts for it.
///
/// A process is at work if its threads run, or if it reads or writes files: decoding, evaluating
/// and writing a checkpoint do, waiting for a lock or for a file server that is gone does not.
package final class WorkMeter: Sendable {
  private struct Reading {
    var time: ContinuousClock.Instant
    var processorTime: Duration
    var transfers: Int
  }

  /// Less than this share of one core is what looking after a process takes, not work.
  private static let smallestShare = 0.05

  private let ignored = Mutex<[clockid_t]>([])
  private let last: Mutex<Reading?> = .init(nil)

  package init() {}

  /// Leaves the calling thread out of account: one that runs whether or not there is work.
  package func ignoreThisThread() {
    var clock = clockid_t()
    guard pthread_getcpuclockid(pthread_self(), &clock) == 0 else { return }
    ignored.withLock { $0.append(clock) }
  }

  /// Whether the process has been at work since the last call.
  package func hasWorked() -> Bool {
    let now = reading()
    let before = last.withLock { last in
      defer { last = now }
      return last
    }
    guard let before else { return true }
    let share = (now.processorTime - before.processorTime) / (now.time - before.time)
    return share >= Self.smallestShare || now.transfers > before.transfers
  }

  private func reading() -> Reading {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let ignored = ignored.withLock { $0 }.map(Self.time(of:)).reduce(.zero, +)
    return Reading(
      time: .now, processorTime: Duration(usage.ru_utime) + Duration(usage.ru_stime) - ignored,
      transfers: usage.ru_inblock + usage.ru_oublock + usage.ru_majflt)
  }

  private static func time(of clock: clockid_t) -> Duration {
    var time = timespec()
    // A thread that has ended has no clock; its time is in that of the process for good.
    guard clock_gettime(clock, &time) == 0 else { return .zero }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}

extension Duration {
  fileprivate init(_ time: timeval) {
    self = .seconds(time.tv_sec) + .microseconds(time.tv_usec)
  }
}
