import GANs
import Metrics
import Portraits
import Training

/// Which models are compared, and under which conditions, the same for all.
public struct ComparisonOptions: Sendable, Encodable {
  /// What every run gets.
  public enum Budget: Sendable, Hashable, Encodable {
    /// Real images shown to the discriminator.
    case images(Int)
    /// As many real images as this machine shows it in so many minutes, by a measurement before the
    /// first run.
    case minutes(Double)

    /// The seconds that a run is to take; nil where that is not what is given.
    var seconds: Double? {
      guard case .minutes(let minutes) = self else { return nil }
      return minutes * 60
    }
  }

  public var models: [ModelName]
  /// A run of each model is made for each of them.
  public var seeds: [UInt64]
  public var budget: Budget
  /// What all runs have in common; the model, the seed, the number of steps and the run directory
  /// are each run's own. Growing models take `growthImages` from here, if it is given.
  public var common: TrainingConfiguration
  /// The number of points of each learning curve, evenly spread over the budget.
  public var curvePoints: Int
  /// The number of portraits that each generator is measured by; nil is as many as are real, but at
  /// least 2048.
  public var evaluationImages: Int?
  /// The number of generated portraits that are shown of each model.
  public var sampleCount: Int

  public init(models: [ModelName], seeds: [UInt64] = [1], budget: Budget) {
    (self.models, self.seeds, self.budget) = (models, seeds, budget)
    common = TrainingConfiguration()
    (curvePoints, sampleCount) = (8, 24)
  }

  /// The folder that everything is written to.
  public var output: String { common.output.path }

  /// Checks what can be checked before any work is done.
  /// - Throws: ``TrainingError`` of kind `usage`.
  public func validate(rankCount: Int) throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw TrainingError(.usage, message()) }
    }
    try require(!models.isEmpty, "--models names no model")
    try require(Set(models).count == models.count, "--models names a model twice")
    try require(!seeds.isEmpty, "--seeds holds no seed")
    try require(Set(seeds).count == seeds.count, "--seeds holds a seed twice")
    try require((1...1000).contains(curvePoints), "--curve-points must be between 1 and 1000")
    try require((1...4096).contains(sampleCount), "--sample-count must be between 1 and 4096")
    try require(
      (Evaluator.smallestCount...1_000_000).contains(
        evaluationImages ?? Evaluator.smallestCount),
      "--evaluation-images must be between \(Evaluator.smallestCount) and a million")
    // Planning a run takes numbers that make sense.
    for model in models {
      var alone = common
      alone.model = model
      alone.optimization.growthImages = nil  // for those of the models that grow
      try alone.validate(rankCount: rankCount)
    }
    switch budget {
    case .images(let count):
      let batch = common.optimization.batchSize
      try require(
        count >= batch && count / batch <= 1_000_000_000,
        "--images must be at least --batch-size \(batch), and at most a billion batches")
    case .minutes(let minutes):
      try require(minutes > 0 && minutes <= 1e6, "--minutes must be greater than 0 and at most 1e6")
    }
    // Any budget will do to see whether the networks can be built.
    for model in models {
      try PlannedRun(of: model, seed: seeds[0], images: 1 << 20, options: self)
        .configuration.validate(rankCount: rankCount)
    }
  }
}
