import Collectives
import Foundation

/// Standard output, and whether a person is watching it.
public enum Terminal {
  /// The width of the terminal that a person is watching; nil where the output goes elsewhere.
  static let columns: Int? = {
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    guard Launch(environment: ProcessInfo.processInfo.environment) != nil else {
      return width(of: STDOUT_FILENO)
    }
    // mpirun gives every rank a pseudo-terminal of its own, even when it passes the output on to
    // a file. On Linux the answer is then that of the launcher, the parent of the first rank.
    let launcherOutput = "/proc/\(getppid())/fd/\(STDOUT_FILENO)"
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: launcherOutput)
    guard let target, target.hasPrefix("/dev/pts/") || target.hasPrefix("/dev/tty") else {
      return nil
    }
    let terminal = open(target, O_WRONLY | O_NOCTTY)
    guard terminal >= 0 else { return defaultWidth }
    defer { close(terminal) }
    return isatty(terminal) == 1 ? width(of: terminal) : nil
  }()

  /// Goes back to the beginning of the line and clears it.
  static let clearedLine = "\r\u{1B}[2K"

  private static let defaultWidth = 80

  private static func width(of terminal: Int32) -> Int {
    var size = winsize()
    guard ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return defaultWidth
    }
    return Int(size.ws_col)
  }

  /// Prints a line at once: nothing waits in a buffer while training goes on.
  public static func say(_ line: String) {
    write(line + "\n")
  }

  /// Prints `text` at once. A reader that has gone away is no reason to stop.
  static func write(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  }
}
