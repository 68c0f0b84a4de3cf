import CMPI
import Foundation
import Synchronization

/// What a rank's watchdog does about a stall: asks the others where they stand, says which ranks
/// are missing, and ends the job.
///
/// Everything here runs on watchdog threads, which may call MPI only where the library grants
/// MPI_THREAD_MULTIPLE; elsewhere each waiting rank speaks for itself and ends its own process.
final class StallInquiry: Sendable {
  /// The exit code of a job that the watchdog ends: EX_SOFTWARE of sysexits.h.
  static let exitCode: Int32 = 70

  private let rank: Int
  /// The host of every rank, from the moment that is known.
  private let hosts: Mutex<[String]>
  private let timeout: Duration
  private let mayCallMPI: Bool

  init(rank: Int, size: Int, timeout: Duration, mayCallMPI: Bool) {
    self.rank = rank
    self.hosts = Mutex(Array(repeating: "an unknown host", count: size))
    self.timeout = timeout
    self.mayCallMPI = mayCallMPI
  }

  /// Says which host each rank runs on.
  func learn(hosts names: [String]) {
    hosts.withLock { $0 = names }
  }

  /// Answers the questions that have arrived, and returns the answers that have.
  @discardableResult
  func attend(_ watchdog: Watchdog) -> [Int: Watchdog.Standing] {
    var answers: [Int: Watchdog.Standing] = [:]
    guard mayCallMPI else { return answers }
    while let (note, sender) = nextNote() {
      switch note {
      case .question: post(.answer(watchdog.standing), to: sender)
      case .answer(let standing): answers[sender] = standing
      }
    }
    return answers
  }

  /// Reports a stall and ends the job; returns only if the collective completes meanwhile.
  func investigate(_ watchdog: Watchdog) {
    let hosts = hosts.withLock { $0 }
    guard mayCallMPI else { return reportAlone(watchdog.standing, hosts) }
    let standing = watchdog.standing
    let others = hosts.indices.filter { $0 != rank }
    for other in others { post(.question, to: other) }

    // Watchdogs look once a second at the least, so three are ample for those who can answer.
    var answers: [Int: Watchdog.Standing] = [:]
    let isStillStalled = pause(upTo: .seconds(3), watchdog, standing) {
      answers.merge(attend(watchdog)) { $1 }
      return answers.count == others.count
    }
    guard isStillStalled else { return }
    let report = StallReport(
      reporter: rank, standing: standing, timeout: timeout, hosts: hosts, answers: answers)

    // One report is enough: the lowest waiting rank's. Should that one not manage, the next does.
    for _ in report.waiting.prefix(while: { $0 != rank }).prefix(3) {
      let isStillStalled = pause(upTo: .seconds(2), watchdog, standing) {
        attend(watchdog)
        return false
      }
      guard isStillStalled else { return }
    }
    say(report.description)
    cmpi_abort(Self.exitCode)
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

  private func reportAlone(_ standing: Watchdog.Standing, _ hosts: [String]) {
    say(
      "rank \(rank) of \(hosts.count) on \(hosts[rank]): stalled: "
        + "\(standing.operation ?? "no collective") (collective \(standing.begun); "
        + "\(standing.activity)) has not completed in \(timeout.inSeconds). This MPI library does not let "
        + "the watchdog ask which ranks are missing: they are those that do not print this line.")
    _exit(Self.exitCode)
  }

  private func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
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
