/// Rank numbers as a person writes them: `rank 2`, `ranks 0-3, 7`.
package struct RankList: CustomStringConvertible {
  private let ranks: [Int]

  package init(_ ranks: some Sequence<Int>) {
    self.ranks = ranks.sorted()
  }

  package var description: String {
    var runs: [ClosedRange<Int>] = []
    for rank in ranks {
      if let last = runs.last, last.upperBound + 1 == rank {
        runs[runs.count - 1] = last.lowerBound...rank
      } else {
        runs.append(rank...rank)
      }
    }
    let words = runs.map { run in
      switch run.count {
      case 1: "\(run.lowerBound)"
      case 2: "\(run.lowerBound), \(run.upperBound)"
      default: "\(run.lowerBound)-\(run.upperBound)"
      }
    }
    return (ranks.count == 1 ? "rank " : "ranks ") + words.joined(separator: ", ")
  }
}
