import Collectives
import Foundation

/// Standard output, and whether a person is watching it.
public enum Terminal {
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

  /// Prints a line at once: nothing waits in a buffer while training goes on.
  public static func say(_ line: String) {
    write(line + "\n")
  }

  /// Prints `text` at once. A reader that has gone away is no reason to stop.
  static func write(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }
}
