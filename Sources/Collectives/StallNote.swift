/// What watchdogs of different ranks tell each other once a collective has stalled.
package enum StallNote: Equatable, Sendable {
  /// The sender waits, and asks where the receiver stands.
  case question
  /// Where the sender stands.
  case answer(Watchdog.Standing)

  /// The note as text of at most 512 bytes, fields parted by zero bytes.
  package var bytes: [UInt8] {
    switch self {
    case .question: Array("?".utf8)
    case .answer(let standing):
      Array(
        "!\0\(standing.begun)\0\(standing.idle.milliseconds)\0\(standing.unchanged.milliseconds)\0"
          .utf8)
        + Self.clipped(standing.operation ?? "", to: 160) + [0]
        + Self.clipped(standing.activity, to: 280)
    }
  }

  /// Reads a note; `nil` where `bytes` is none.
  package init?(bytes: some Collection<UInt8>) {
    let fields = bytes.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    switch fields.first {
    case "?" where fields.count == 1:
      self = .question
    case "!" where fields.count == 6:
      guard let begun = Int(fields[1]), let idle = Int(fields[2]), let unchanged = Int(fields[3])
      else { return nil }
      self = .answer(
        Watchdog.Standing(
          begun: begun, operation: fields[4].isEmpty ? nil : fields[4], activity: fields[5],
          idle: .milliseconds(idle), unchanged: .milliseconds(unchanged)))
    default: return nil
    }
  }

  /// The whole characters of `text` that fit in `limit` bytes, without zero bytes.
  private static func clipped(_ text: String, to limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for character in text where character != "\0" {
      guard bytes.count + character.utf8.count <= limit else { break }
      bytes += character.utf8
    }
    return bytes
  }
}

extension Duration {
  fileprivate var milliseconds: Int { Int(self / .milliseconds(1)) }
}
