import Collectives
import Foundation
import Wording

/// The cores that this process may run on.
enum AllowedCores {
  /// Their list in the kernel's words, such as `0-3,8`.
  static let list =
    list(ofProcess: "self") ?? "0-\(ProcessInfo.processInfo.activeProcessorCount - 1)"

  /// Their numbers.
  static let numbers = parse(list)

  /// Returns the list of another process, or this one's by the name of `self`; nil where the system
  /// does not say.
  private static func list(ofProcess process: String) -> String? {
    // Foundation's count of active processors knows nothing of affinity masks.
    let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let field = "Cpus_allowed_list:"
    return status?.split(separator: "\n").first { $0.hasPrefix(field) }
      .map { $0.dropFirst(field.count).trimmingCharacters(in: .whitespaces) }
  }

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
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  static func bindingWarning(
    for threads: Int, over communicator: any Communicator
  ) throws -> String? {
    guard try communicator.isTrueAnywhere(threads > numbers.count) else { return nil }
    return """
      warning: some ranks are bound to fewer cores than they have threads; start mpirun with \
      --bind-to none, or with --map-by slot:PE=n for n threads
      """
  }

  /// Returns what to say where ranks may use fewer cores than their share of those that mpirun may
  /// use, as two ranks may where nobody says otherwise; nil where there are none.
  /// - Parameter areChosen: whether it does not matter to this rank, as somebody chose its threads.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  static func idleCoresWarning(
    unlessThreads areChosen: Bool, over communicator: any Communicator
  ) throws -> String? {
    let available = areChosen ? count : max(count, launcherCount ?? 0)
    let ranks = try communicator.allGather(
      "\(count) \(available) \(communicator.localSize) \(communicator.hostName)")
    for (rank, text) in ranks.enumerated() {
      let fields = text.split(separator: " ", maxSplits: 3)
      let (bound, cores, sharers) = (Int(fields[0]) ?? 0, Int(fields[1]) ?? 0, Int(fields[2]) ?? 1)
      guard bound < cores / sharers else { continue }
      return """
        warning: rank \(rank), one of \(sharers) on \(fields[3]), may run on \
        \(bound.counted("core")) of the \(cores) that mpirun may use; if these are yours, start with \
        launch/local, or with mpirun --bind-to none and --threads \(cores / sharers)
        """
    }
    return nil
  }

  /// The cores that mpirun may use here; nil where this process was not started by it.
  private static var launcherCount: Int? {
    let launch = Launch(environment: ProcessInfo.processInfo.environment)
    guard launch?.launcher == Launch.mpirun else { return nil }
    // mpirun, or on another host its daemon, has the cores of the job, and binds its children only.
    return list(ofProcess: "\(getppid())").map { withinQuota(parse($0).count) }
  }

  /// Returns this rank's share of its cores: all of them where `mpirun` has bound it to cores of
  /// its own, else as many as each of the ranks gets that may run on the same ones.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  static func share(of communicator: any Communicator) throws -> Int {
    try max(1, count / sharers(among: communicator))
  }

  /// Returns whether ranks of so many threads each have fewer cores than threads here.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  static func areCrowded(by threads: Int, of communicator: any Communicator) throws -> Bool {
    try threads * sharers(among: communicator) > count
  }

  /// How many there are, or fewer where a container may use only part of their time.
  private static var count: Int { withinQuota(numbers.count) }

  private static func withinQuota(_ cores: Int) -> Int { min(cores, quota ?? cores) }

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
