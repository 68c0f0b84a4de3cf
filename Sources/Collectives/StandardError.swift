import Foundation

/// Prints a line on standard error, if it can be printed: that its reader has gone away, or the
/// disk behind it is full, is no reason to fail.
package func printToStandardError(_ line: String) {
  try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}
