/// What becomes of a run that comes to where there are no numbers.
public enum DivergencePolicy: String, Codable, Sendable, CaseIterable {
  /// It ends, and says which checkpoint to go back to.
  case stop
  /// It goes on with the next batch as if there had been no update.
  case skip
}

extension TrainingConfiguration.OptimizationOptions {
  /// The policy of the run, whoever chose it.
  var divergencePolicy: DivergencePolicy { onDivergence ?? .stop }

  /// How many steps in a row may skip an update.
  ///
  /// A batch that is too much for the networks is followed by others; if as many as this are too
  /// much one after the other, the networks are beyond help. In all there may be any number, as a
  /// run may be of any length.
  var skipsAllowedInARow: Int { skipLimit ?? 10 }
}

/// Counts the steps with skipped updates since the last step without.
struct DivergenceWatch {
  let policy: DivergencePolicy
  let limit: Int
  private(set) var skipsInARow = 0

  init(_ options: TrainingConfiguration.OptimizationOptions) {
    (policy, limit) = (options.divergencePolicy, options.skipsAllowedInARow)
  }

  /// Takes note of a step, on every rank alike, since its report is the same on all.
  /// - Returns: whether training may go on.
  mutating func goesOn(after report: TrainingStep.Report) -> Bool {
    skipsInARow = report.skippedNetworks.isEmpty ? 0 : skipsInARow + 1
    return skipsInARow <= (policy == .skip ? limit : 0)
  }

  /// Returns what ends a run after a step that training may not go on after.
  /// - Parameter lastGood: the file of the checkpoint to go back to.
  func error(
    at step: Int, _ report: TrainingStep.Report, lastGood: String?
  ) -> TrainingError {
    let row = skipsInARow > 1 ? " in \(skipsInARow) steps in a row" : ""
    return Self.error(
      at: step,
      "the loss or the gradient of the \(report.skippedNetworks.joined(separator: " and the ")) is no "
        + "finite number\(row)", lastGood: lastGood)
  }

  /// Returns what ends a run with a `symptom` of divergence.
  static func error(at step: Int, _ symptom: String, lastGood: String?) -> TrainingError {
    let advice = lastGood.map { "resume from the last good checkpoint, \($0)," } ?? "start again"
    return TrainingError(
      .badData,
      "training diverged at step \(step): \(symptom); \(advice) with a lower --learning-rate",
      isDivergence: true)
  }
}

extension TrainingStep.Report {
  /// The networks of which an update was skipped, as its loss or gradient was no finite number.
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
