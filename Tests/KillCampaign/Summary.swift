extension Tally {
  /// The figures for people.
  var summary: String {
    var lines = [
      "\(kills.count) deaths in \(runs) runs; \(failures.count) failures (seed \(seed))",
      "  while: " + counts(of: kills.map(\.phase.rawValue)),
      "  whom: " + counts(of: kills.map(\.victim.description)),
      "  half-written checkpoints found: \(kills.count(where: \.leftUnfinishedFile))",
      "  steps taken again: \(lost.reduce(0, +)) in all, \(lost.max() ?? 0) at most",
    ]
    for ranks in Set(kills.map(\.ranks)).sorted() {
      let times = kills.filter { $0.ranks == ranks }.map(\.secondsToEnd).sorted()
      lines.append(
        "  seconds from death to end on \(ranks): median \(times[times.count / 2].inHundredths), "
          + "at most \(times[times.count - 1].inHundredths), \(times.count) deaths")
    }
    let ofRanks = kills.filter { $0.ranks > 1 && $0.isOfOneRank }
    lines.append(
      "  rank and host named: \(ofRanks.count(where: \.isRankNamed)) of \(ofRanks.count)")
    return (lines + failures.map { "  FAILED \($0)" }).joined(separator: "\n")
  }

  private var lost: [Int] { kills.compactMap(\.stepsLost) }

  private func counts(of names: [String]) -> String {
    Dictionary(grouping: names) { $0 }.sorted { $0.key < $1.key }
      .map { "\($0.key) \($0.value.count)" }.joined(separator: ", ")
  }
}

extension Kill {
  fileprivate var isOfOneRank: Bool { if case .rank = victim { true } else { false } }
}

extension Double {
  fileprivate var inHundredths: Double { (self * 100).rounded() / 100 }
}
