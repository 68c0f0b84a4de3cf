import Foundation

/// One death, and what came of it.
struct Kill: Encodable {
  /// Whom it met.
  enum Victim: Encodable, Hashable, CustomStringConvertible {
    case rank(Int)
    case launcher
    /// Every process at once, as where a host loses its power.
    case everybody

    var description: String {
      switch self {
      case .rank(let rank): "rank \(rank)"
      case .launcher: "mpirun"
      case .everybody: "everybody"
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(description)
    }
  }

  let ranks: Int
  let victim: Victim
  /// The signal's number.
  let signal: Int32
  let phase: Phase
  /// The seconds from the death to that of the job's last process.
  let secondsToEnd: Double
  let exitCode: Int32
  /// Whether the job's last words name the rank that died, and its host.
  let isRankNamed: Bool
  /// Whether a half-written checkpoint was found.
  let leftUnfinishedFile: Bool
  /// The last step in the log.
  let stepsDone: Int
  /// The step that the next job went on after; nil if it was killed before it said so.
  var stepResumed: Int?

  /// How many steps had to be taken again.
  var stepsLost: Int? { stepResumed.map { stepsDone - $0 } }
}

extension Kill: CustomStringConvertible {
  /// What is known at once.
  var description: String {
    "\(ranks) ranks, \(phase.rawValue), \(stepsDone) steps done: signal \(signal) to \(victim), over "
      + "after \(Int(secondsToEnd * 1000)) ms with \(exitCode)"
  }
}
