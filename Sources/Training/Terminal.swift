import Collectives
import Foundation

/// Whether a person is watching what this process prints.
enum Terminal {
  /// True if standard output ends at a terminal, where a line can be written over.
  ///
  /// mpirun gives every rank a pseudo-terminal of its own, even when it passes the output on to a
  /// file. On Linux the answer is then that of the launcher, which is the parent of the first rank.
  static let isWatching: Bool = {
    guard isatty(STDOUT_FILENO) == 1 else { return false }
    guard Launch(environment: ProcessInfo.processInfo.environment) != nil else { return true }
    let launcherOutput = try? FileManager.default.destinationOfSymbolicLink(
      atPath: "/proc/\(getppid())/fd/\(STDOUT_FILENO)")
    return launcherOutput.map { $0.hasPrefix("/dev/pts/") || $0.hasPrefix("/dev/tty") } ?? false
  }()
}
