import Foundation

/// The memory of this process.
package enum ProcessMemory {
  /// The largest part of this process that ever was in memory, in bytes; nil where the system does
  /// not tell.
  package static var peakBytes: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      .flatMap { Int($0) }.map { $0 * 1024 }
  }
}
