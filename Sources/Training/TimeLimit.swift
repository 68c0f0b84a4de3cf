/// How long a job may train, as batch systems write it.
public struct TimeLimit: Sendable, Equatable {
  /// At least 1.
  public let seconds: Int

  /// Ten years, which is more than any queue grants.
  private static let longest = 3660 * day
  private static let (day, hour, minute) = (86_400, 3600, 60)

  /// Reads a time as Slurm does (`MM`, `MM:SS`, `HH:MM:SS`, `D-HH`, `D-HH:MM`, `D-HH:MM:SS`), or
  /// with units (`90s`, `3h30m`, `1d12h`); nil if `text` is neither, no time at all, or too long.
  public init?(_ text: String) {
    guard let seconds = Self.clockTime(text) ?? Self.timeWithUnits(text),
      (1...Self.longest).contains(seconds)
    else { return nil }
    self.seconds = seconds
  }

  private static func clockTime(_ text: String) -> Int? {
    let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    let fields = parts[parts.count - 1].split(separator: ":", omittingEmptySubsequences: false)
    // What the fields count, the first of them without a bound of its own.
    let units: [Int]
    switch (parts.count, fields.count) {
    case (2, 1...3): units = Array([hour, minute, 1].prefix(fields.count))
    case (1, 1): units = [minute]
    case (1, 2): units = [minute, 1]
    case (1, 3): units = [hour, minute, 1]
    default: return nil
    }
    var total = 0
    if parts.count == 2 {
      guard let days = number(parts[0]) else { return nil }
      total = days * day
    }
    for (index, (field, unit)) in zip(fields, units).enumerated() {
      guard let value = number(field) else { return nil }
      let isFirst = index == 0 && parts.count == 1
      guard isFirst || value < (unit == hour ? 24 : 60) else { return nil }
      total += value * unit
    }
    return total
  }

  private static func timeWithUnits(_ text: String) -> Int? {
    var rest = Substring(text)
    var total = 0
    for (letter, unit) in [("d", day), ("h", hour), ("m", minute), ("s", 1)] as [(Character, Int)] {
      guard let end = rest.firstIndex(of: letter) else { continue }
      guard let value = number(rest[..<end]) else { return nil }
      total += value * unit
      rest = rest[rest.index(after: end)...]
    }
    return rest.isEmpty && !text.isEmpty ? total : nil
  }

  /// Returns a number of up to nine digits.
  private static func number(_ digits: Substring) -> Int? {
    guard digits.count <= 9, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
    return Int(digits)
  }
}

extension TimeLimit: CustomStringConvertible {
  /// `HH:MM:SS`, or `D-HH:MM:SS` from one day on.
  public var description: String {
    func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let clock = [
      seconds % Self.day / Self.hour, seconds % Self.hour / Self.minute, seconds % Self.minute,
    ].map(padded).joined(separator: ":")
    return seconds < Self.day ? clock : "\(seconds / Self.day)-\(clock)"
  }
}

/// When a job is to save and stop.
public struct Deadline: Sendable {
  public let limit: TimeLimit
  private let end: ContinuousClock.Instant

  /// Lets the time that `limit` grants begin now.
  public init(after limit: TimeLimit) {
    self.limit = limit
    end = .now + .seconds(limit.seconds)
  }

  /// Whether the time is over.
  public var isOver: Bool { ContinuousClock.now >= end }
}
