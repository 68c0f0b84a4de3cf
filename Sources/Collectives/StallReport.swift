import Wording

/// What one rank learned about the others when a collective did not complete, and what follows.
package struct StallReport: CustomStringConvertible {
  /// The rank that reports.
  package var reporter: Int
  /// Where the reporter stands.
  package var standing: Watchdog.Standing
  /// How long it has waited.
  package var timeout: Duration
  /// The host of every rank.
  package var hosts: [String]
  /// What the other ranks answered; a rank that did not answer is not in here.
  package var answers: [Int: Watchdog.Standing]

  package init(
    reporter: Int, standing: Watchdog.Standing, timeout: Duration, hosts: [String],
    answers: [Int: Watchdog.Standing]
  ) {
    self.reporter = reporter
    self.standing = standing
    self.timeout = timeout
    self.hosts = hosts
    self.answers = answers
  }

  /// The ranks that wait in the same collective as the reporter, itself included.
  package var waiting: [Int] {
    hosts.indices.filter { $0 == reporter || (isAtTheSameNumber($0) && isInTheSameOperation($0)) }
  }

  /// The ranks that have answered that they are not in the collective yet.
  package var late: [Int] {
    hosts.indices.filter { answers[$0].map { $0.begun < standing.begun } ?? false }
  }

  /// The ranks that are in another collective where the reporter is in this one.
  package var astray: [Int] {
    hosts.indices.filter { rank in
      isAtTheSameNumber(rank) && !isInTheSameOperation(rank) && answers[rank]?.operation != nil
    }
  }

  /// The ranks that have not answered at all.
  package var silent: [Int] {
    hosts.indices.filter { $0 != reporter && answers[$0] == nil }
  }

  /// The late ranks that are at work, and will come.
  ///
  /// A rank that has been idle for half of the timeout counts as stuck, and so does one that has
  /// been doing the same thing for a dozen of them: it is in a loop that never ends.
  package var busy: [Int] {
    late.filter { rank in
      guard let standing = answers[rank], standing.operation == nil else { return false }
      return standing.idle < timeout / 2 && standing.unchanged < timeout * 12
    }
  }

  /// Whether the job goes on: all ranks have answered, and one of those that are missing is at
  /// work.
  package var isWorthWaiting: Bool { silent.isEmpty && astray.isEmpty && !busy.isEmpty }

  /// One line for people who wonder why nothing happens.
  package var note: String {
    let them = busy.map { "\(place($0)), \(doing(answers[$0] ?? .init()))" }.joined(separator: "; ")
    return "rank \(reporter) of \(hosts.count) on \(hosts[reporter]): "
      + "\(standing.operation ?? "no collective") (collective \(standing.begun)"
      + "\(clause(standing.activity))) has taken \(timeout.inSeconds) and is still waiting: the "
      + "missing ranks are at work: \(them)"
  }

  private func isAtTheSameNumber(_ rank: Int) -> Bool { answers[rank]?.begun == standing.begun }

  private func isInTheSameOperation(_ rank: Int) -> Bool {
    answers[rank]?.operation == standing.operation
  }

  package var description: String {
    var lines = [
      "rank \(reporter) of \(hosts.count) on \(hosts[reporter]): stalled: "
        + "\(standing.operation ?? "no collective") (collective \(standing.begun)"
        + "\(clause(standing.activity))) has not completed in \(timeout.inSeconds)."
    ]
    lines.append("  waiting in it: \(RankList(waiting))")
    for rank in late {
      lines.append("  missing: \(place(rank)), \(doing(answers[rank] ?? .init()))")
    }
    for rank in astray {
      lines.append("  elsewhere: \(place(rank)), \(doing(answers[rank] ?? .init()))")
    }
    for rank in silent {
      lines.append(
        "  missing: \(place(rank)), gives no answer: its process is stopped or dead, "
          + "or its host cannot be reached")
    }
    lines.append(advice)
    return lines.joined(separator: "\n")
  }

  private var advice: String {
    if !astray.isEmpty {
      return "  Ranks called different collectives: they run different programs or options, or "
        + "this is a bug. The job ends."
    }
    if late.isEmpty && silent.isEmpty {
      return "  No rank is missing: the network between the hosts is broken, or too slow for "
        + "this timeout. The job ends; fix the network or raise the stall timeout, and resume."
    }
    return "  The job ends; look at what the missing ranks were doing, and resume from the last "
      + "checkpoint."
  }

  private func place(_ rank: Int) -> String { "rank \(rank) on \(hosts[rank])" }

  private func doing(_ standing: Watchdog.Standing) -> String {
    if let operation = standing.operation {
      return "in collective \(standing.begun), \(operation)\(clause(standing.activity))"
    }
    let idle = standing.idle >= timeout / 2 ? ", idle for \(standing.idle.inSeconds)" : ""
    return "computing since collective \(standing.begun)\(idle)\(clause(standing.activity))"
  }

  private func clause(_ activity: String) -> String { activity.isEmpty ? "" : "; \(activity)" }
}
