import Collectives
import Foundation

/// The cores that this process may run on.
enum AllowedCores {
  /// Their list in the kernel's words, such as `0-3,8`.
  static let list: String = {
    // Foundation's count of active processors knows nothing of affinity masks.
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let field = "Cpus_allowed_list:"
    let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
    return line.map { $0.dropFirst(field.count).trimmingCharacters(in: .whitespaces) }
      ?? "0-\(ProcessInfo.processInfo.activeProcessorCount - 1)"
  }()

  /// Their numbers.
  static let numbers = parse(list)

  /// Reads a list such as `0-3,8`.
  private static func parse(_ list: some StringProtocol) -> Set<Int> {
    let ranges = list.split(separator: ",").compactMap { range -> ClosedRange<Int>? in
      let ends = range.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return nil }
      return first...last
    }
    return Set(ranges.joined())
  }

  /// Returns what to say where ranks have more threads than the cores that each is bound to; nil
  /// where all have enough.
  static func bindingWarning(
    for threads: Int, over communicator: any Communicator
  ) throws -> String? {
    guard try communicator.isTrueAnywhere(threads > numbers.count) else { return nil }
    return """
      warning: some ranks are bound to fewer cores than they have threads; start mpirun with \
      --bind-to none, or with --map-by slot:PE=n for n threads
      """
  }

  /// Returns this rank's share of its cores: all of them where `mpirun` has bound it to cores of
  /// its own, else as many as each of the ranks gets that may run on the same ones.
  static func share(of communicator: any Communicator) throws -> Int {
    try max(1, count / sharers(among: communicator))
  }

  /// Returns whether ranks of so many threads each have fewer cores than threads here.
  static func areCrowded(by threads: Int, of communicator: any Communicator) throws -> Bool {
    try threads * sharers(among: communicator) > count
  }

  /// How many there are, or fewer where a container may use only part of their time.
  private static var count: Int { min(numbers.count, quota ?? numbers.count) }

  /// Returns how many ranks, this one included, may run on some of this rank's cores.
  private static func sharers(among communicator: any Communicator) throws -> Int {
    let ranks = try communicator.allGather("\(communicator.hostName) \(list)")
    return ranks.count { rank in
      let parts = rank.split(separator: " ", maxSplits: 1)
      return parts.count == 2 && parts[0] == communicator.hostName
        && !numbers.isDisjoint(with: parse(parts[1]))
    }
  }

  /// The share of time that a container may use, in whole cores; nil where there is no limit.
  private static var quota: Int? {
    let text = try? String(contentsOfFile: "/sys/fs/cgroup/cpu.max", encoding: .utf8)
    let fields = (text ?? "").split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    return fields.count == 2 ? Int((fields[0] / fields[1]).rounded(.up)) : nil
  }
}
