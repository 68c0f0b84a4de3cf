import CMPI
import Foundation
import Synchronization
import Wording

/// What a rank's watchdog does about a stall: asks the others where they stand, and ends the job
/// with the names of those who are missing, unless they are at work.
///
/// Everything here runs on watchdog threads, which may call MPI only while it runs and where the
/// library grants MPI_THREAD_MULTIPLE; elsewhere each waiting rank speaks for itself and ends its
/// own process.
final class StallInquiry: Sendable {
  /// The exit codes of a job that the watchdog ends: EX_SOFTWARE of sysexits.h, and EX_UNAVAILABLE
  /// for one that has not begun.
  static let exitCode: Int32 = 70
  static let exitCodeOfStart: Int32 = 69

  /// How far MPI has come.
  private enum Phase {
    case starting
    case running
    case ending
  }

  private struct Job {
    var rank: Int
    var phase = Phase.starting
    /// The host of every rank, from the moment that is known.
    var hosts: [String]
  }

  private let job: Mutex<Job>
  private let timeout: Duration
  /// Held while MPI is called, which ends when it is no longer allowed.
  private let mayCallMPI = Mutex(false)
  /// The last collective that was said to go on.
  private let lastNoted = Mutex(0)

  /// - Parameters:
  ///   - rank: What the launcher says this rank's number is.
  ///   - size: The number of ranks by the launcher.
  init(rank: Int, size: Int, timeout: Duration) {
    let hosts = Array(repeating: "an unknown host", count: max(size, rank + 1))
    self.job = Mutex(Job(rank: rank, hosts: hosts))
    self.timeout = timeout
  }

  /// Says that MPI has started, and what it says of this rank.
  func begin(rank: Int, size: Int, mayCallMPI: Bool) {
    job.withLock {
      $0 = Job(
        rank: rank, phase: .running, hosts: Array(repeating: "an unknown host", count: size))
    }
    self.mayCallMPI.withLock { $0 = mayCallMPI }
  }

  /// Says which host each rank runs on.
  func learn(hosts names: [String]) {
    job.withLock { $0.hosts = names }
  }

  /// Calls MPI no more, since it is about to end.
  func end() {
    job.withLock { $0.phase = .ending }
    mayCallMPI.withLock { $0 = false }
  }

  /// Answers the questions that have arrived, and returns the answers that have.
  @discardableResult
  func attend(_ watchdog: Watchdog) -> [Int: Watchdog.Standing] {
    var answers: [Int: Watchdog.Standing] = [:]
    mayCallMPI.withLock { mayCallMPI in
      guard mayCallMPI else { return }
      while let (note, sender) = nextNote() {
        switch note {
        case .question: post(.answer(watchdog.standing), to: sender)
        case .answer(let standing): answers[sender] = standing
        }
      }
    }
    return answers
  }

  /// Reports a stall and ends the job; returns if the collective completes meanwhile, or if it
  /// will.
  func investigate(_ watchdog: Watchdog) {
    let job = job.withLock { $0 }
    let standing = watchdog.standing
    switch job.phase {
    case .starting: giveUpStart(of: job)
    case .ending: giveUp(standing, job, "Its work is done; MPI does not let it go.")
    case .running: break
    }
    let others = job.hosts.indices.filter { $0 != job.rank }
    guard mayCallMPI.withLock({ $0 }) else {
      giveUp(
        standing, job,
        "This MPI library does not let the watchdog ask which ranks are missing: they are those "
          + "that do not print this line. Raise the stall timeout if they were merely slow.")
    }
    mayCallMPI.withLock { if $0 { others.forEach { post(.question, to: $0) } } }

    // Watchdogs look once a second at the least; on a machine that is short of everything they may
    // be late.
    var answers: [Int: Watchdog.Standing] = [:]
    let patience = min(max(.seconds(3), timeout / 10), .seconds(10))
    let isStillStalled = pause(upTo: patience, watchdog, standing) {
      answers.merge(attend(watchdog)) { $1 }
      return answers.count == others.count
    }
    guard isStillStalled else { return }
    let report = StallReport(
      reporter: job.rank, standing: standing, timeout: timeout, hosts: job.hosts, answers: answers)
    guard !report.isWorthWaiting else { return note(report) }

    // One report is enough: the lowest waiting rank's. Should that one not manage, the next does.
    for _ in report.waiting.prefix(while: { $0 != job.rank }).prefix(3) {
      let isStillStalled = pause(upTo: .seconds(2), watchdog, standing) {
        attend(watchdog)
        return false
      }
      guard isStillStalled else { return }
    }
    printToStandardError(report.description)
    cmpi_abort(Self.exitCode)
  }

  /// Says once a collective, by the lowest rank that waits, that the wait goes on.
  private func note(_ report: StallReport) {
    guard report.waiting.first == report.reporter else { return }
    let isNew = lastNoted.withLock { last in
      defer { last = report.standing.begun }
      return last != report.standing.begun
    }
    if isNew { printToStandardError(report.note) }
  }

  /// Waits until `isEnough` or the time is over; `false` if the collective completed meanwhile.
  private func pause(
    upTo limit: Duration, _ watchdog: Watchdog, _ stalled: Watchdog.Standing,
    until isEnough: () -> Bool
  ) -> Bool {
    let step = Duration.milliseconds(20)
    var waited = Duration.zero
    while waited < limit, !isEnough() {
      guard watchdog.standing.begun == stalled.begun, watchdog.standing.operation != nil else {
        return false
      }
      Thread.sleep(forTimeInterval: step / .seconds(1))
      waited += step
    }
    return true
  }

  private func giveUpStart(of job: Job) -> Never {
    printToStandardError(
      "rank \(job.rank) of \(job.hosts.count) on \(ProcessInfo.processInfo.hostName): MPI has not "
        + "started in \(timeout.inSeconds): some ranks have not come, or the hosts do not reach "
        + "each other. Name the network that connects them to mpirun (--mca btl_tcp_if_include "
        + "192.168.1.0/24 --mca oob_tcp_if_include 192.168.1.0/24), look for hosts on which a "
        + "program hangs or a disk does not answer, and start again.")
    _exit(Self.exitCodeOfStart)
  }

  private func giveUp(_ standing: Watchdog.Standing, _ job: Job, _ explanation: String) -> Never {
    let activity = standing.activity.isEmpty ? "" : "; \(standing.activity)"
    printToStandardError(
      "rank \(job.rank) of \(job.hosts.count) on \(job.hosts[job.rank]): stalled: "
        + "\(standing.operation ?? "no collective") (collective \(standing.begun)\(activity)) has "
        + "not completed in \(timeout.inSeconds). \(explanation)")
    _exit(Self.exitCode)
  }

  private func post(_ note: StallNote, to other: Int) {
    let bytes = note.bytes
    _ = cmpi_post_note(bytes, Int32(bytes.count), Int32(other))
  }

  /// The next note that has arrived; a note that cannot be read is skipped.
  private func nextNote() -> (StallNote, sender: Int)? {
    var bytes = [UInt8](repeating: 0, count: Int(CMPI_NOTE_CAPACITY))
    while true {
      var count: Int32 = -1
      var sender: Int32 = 0
      guard cmpi_take_note(&bytes, &count, &sender) == 0, count >= 0 else { return nil }
      if let note = StallNote(bytes: bytes.prefix(Int(count))) { return (note, Int(sender)) }
    }
  }
}
