import Foundation
import Synchronization

/// Whether the system, a batch queue or the user has asked this process to stop.
///
/// SIGTERM, SIGUSR1 and SIGHUP (unless nohup has it ignored) ask it to save and stop at the end of
/// the step, and so does the first SIGINT; the second ends the process at once.
public enum StopSignal {
  private static let arrived = Atomic<Bool>(false)
  private static let isListening = Atomic<Bool>(false)

  /// Begins to listen, unless this process listens already.
  public static func listen() {
    guard !isListening.exchange(true, ordering: .relaxed) else { return }
    for number in [SIGTERM, SIGINT, SIGUSR1, SIGHUP] {
      var current = sigaction()
      sigaction(number, nil, &current)
      let isIgnored =
        unsafeBitCast(current.__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
      if number == SIGHUP && isIgnored { continue }
      signal(number) { number in
        StopSignal.arrived.store(true, ordering: .relaxed)
        if number == SIGINT { signal(SIGINT, SIG_DFL) }
      }
    }
  }

  /// Whether this process has been asked to stop.
  public static var isRaised: Bool { arrived.load(ordering: .relaxed) }
}
