import Wording

/// What becomes of a run that comes to where there are no numbers.
public enum DivergencePolicy: String, Codable, Sendable, CaseIterable {
  /// It ends, and says which checkpoint to go back to.
  case stop
  /// It goes on with the next batch as if there had been no update.
  case skip
}

extension TrainingConfiguration.OptimizationOptions {
  /// The policy of the run, whoever chose it.
  public var divergencePolicy: DivergencePolicy { onDivergence ?? .stop }

  /// How many steps of the run may skip an update, those of earlier jobs among them.
  ///
  /// Not so many in a row: a limit that one good step undoes would let a run go on for ever that
  /// learns from every second batch.
  public var skipsAllowed: Int { skipLimit ?? 10 }
}

/// What ends a run that comes to where there are no numbers.
enum Divergence {
  /// Returns what ends a run after a step that skipped an update and may not.
  /// - Parameter lastGood: the file of the checkpoint to go back to.
  static func error(
    of state: TrainingState, _ report: TrainingStep.Report, policy: DivergencePolicy,
    lastGood: String?
  ) -> TrainingError {
    let extent =
      state.skippedSteps > 1 ? ", as in \((state.skippedSteps - 1).counted("step")) before" : ""
    return error(
      at: state.step,
      "the loss or the gradient of the \(report.skippedNetworks.joined(separator: " and the ")) is not "
        + "finite\(extent)", lastGood: lastGood,
      otherCure: policy == .skip ? " or a higher --skip-limit" : "")
  }

  /// Returns what ends a run with a `symptom` of divergence.
  static func error(
    at step: Int, _ symptom: String, lastGood: String?, otherCure: String = ""
  ) -> TrainingError {
    let advice = lastGood.map { "resume from the last good checkpoint, \($0)," } ?? "start again"
    let divergence = "training diverged at step \(step): \(symptom)"
    return TrainingError(
      .badData, "\(divergence); \(advice) with a lower --learning-rate\(otherCure)",
      divergence: divergence)
  }
}

extension TrainingStep.Report {
  /// The networks of which an update was skipped, as its loss or gradient was not finite.
  var skippedNetworks: [String] {
    [("discriminator", discriminatorLoss), ("generator", generatorLoss)]
      .filter { !$1.isFinite }.map(\.0)
  }
}

/// The line of a run's log in the place of a ``LossRecord`` where a step left a network as it was.
struct SkippedUpdates: Codable {
  let step: Int
  let networks: [String]

  enum CodingKeys: String, CodingKey {
    case step
    case networks = "skipped_updates"
  }
}
