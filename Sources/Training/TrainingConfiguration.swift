import Foundation
import GANs
import Layers
import Pictures
import Portraits

/// Every option that a training run's result depends on: what each checkpoint records.
public struct TrainingConfiguration: Codable, Sendable, Equatable {
  public var model = ModelName.dcgan
  public var architecture = ArchitectureOptions()
  public var data = DataOptions()
  public var optimization = OptimizationOptions()
  public var output = OutputOptions()
  /// What every random number of the run derives from.
  public var seed: UInt64 = 1

  /// Where training images come from and how they are varied.
  public struct DataOptions: Codable, Sendable, Equatable {
    /// A folder of pictures or a packed image store; nil trains on painted portraits.
    public var path: String?
    /// Where decoded folders are kept; nil is the user's cache folder.
    public var cache: String?
    public var fit = Fit.crop
    /// The colour behind transparent pixels and beside padded pictures.
    public var background = RGB.white
    /// The number of painted portraits.
    public var paintedCount = 2048
    /// Which portraits are painted; nil leaves it to the seed of the run.
    public var paintedSeed: UInt64?
    public var flip = true
    /// The largest rotation, in degrees.
    public var rotation = 0.0
    /// The largest change of scale, as a fraction.
    public var scaling = 0.0

    public init() {}

    /// How images are varied.
    public var augmentation: Augmentation {
      Augmentation(flip: flip, rotation: rotation, scaling: scaling)
    }
  }

  /// How long and how fast the networks are trained.
  public struct OptimizationOptions: Codable, Sendable, Equatable {
    /// The number of real images of an update of the discriminator over all ranks.
    public var batchSize = 64
    public var epochs = 200.0
    /// The number of steps; nil leaves it to the epochs.
    public var steps: Int?
    /// The step size of both optimizers; nil is the model's own.
    public var learningRate: Float?
    /// The step size of one network's optimizer in place of `learningRate`.
    public var generatorLearningRate: Float?
    public var discriminatorLearningRate: Float?
    /// What the networks play for; nil is the model's own.
    public var objective: ObjectiveName?
    /// The weight of the objective's penalty, λ or γ; nil is the objective's own.
    public var penaltyWeight: Float?
    /// The discriminator's updates from one that is penalised to the next; nil is 1.
    public var penaltyInterval: Int?
    /// The discriminator's updates in each step; nil is the model's own schedule.
    public var discriminatorUpdates: Int?
    /// How everything that the discriminator sees is changed; nil is the model's own.
    public var differentiableAugmentation: DifferentiableAugmentation?
    /// What adaptive augmentation aims at; nil keeps the model's own, or none where the changes are
    /// not the model's own.
    public var augmentationTarget: Float?
    /// The number of real images in each phase of a network that grows; nil is the model's own.
    public var growthImages: Int?
    /// The half-life of the generator's moving average, in images.
    public var averageHalfLife = 10_000.0
    public var synchronizesBatchStatistics = false
    /// What is done where a loss or a gradient is no finite number; nil is to stop.
    public var onDivergence: DivergencePolicy?
    /// The number of steps of the run that may skip an update; nil is ten.
    public var skipLimit: Int?

    public init() {}
  }

  /// What is written, where and how often.
  public struct OutputOptions: Codable, Sendable, Equatable {
    /// The run directory.
    public var path = "runs/portraits"
    /// The number of steps between sample grids; 0 makes only the first and the last.
    public var sampleEvery = 100
    /// The number of pictures of a sample grid.
    public var sampleCount = 64
    /// The number of steps between checkpoints; 0 writes only the last.
    public var checkpointEvery = 500
    /// The number of newest checkpoints that are kept.
    public var keepCheckpoints = 3
    /// Checkpoints at multiples of this number of steps are kept for good; 0 keeps none.
    public var keepEvery = 0

    public init() {}
  }

  public init() {}

  /// Eight gigabytes a copy, of which training needs seven.
  private static let largestParameterCount = 2_000_000_000

  /// Builds the model with the options that the configuration overrides.
  /// - Throws: `ArchitectureError` if the model has no such size, ``TrainingError`` if the networks
  ///   would be too large for any machine.
  public func makeGAN() throws -> GAN {
    var gan = try model.makeGAN(architecture)
    let parameters = gan.generator.layout.parameterCount + gan.discriminator.layout.parameterCount
    guard parameters <= Self.largestParameterCount else {
      throw TrainingError(
        .usage,
        "these sizes make networks of \(parameters) parameters; choose a smaller --feature-maps or "
          + "--image-size")
    }
    try optimization.apply(to: &gan)
    return gan
  }

  /// Returns the number of steps of the whole run on `imageCount` images.
  public func totalSteps(imageCount: Int, by schedule: TrainingSchedule) -> Int {
    let batches = optimization.epochs * Double(imageCount) / Double(optimization.batchSize)
    return optimization.steps ?? schedule.steps(toTake: Int(batches.rounded(.up)))
  }

  /// Returns how far the networks of `gan` have grown after so many steps; nil if they do not grow.
  func growth(of gan: GAN, after step: Int) -> Growth? {
    TrainingSchedule(of: gan.recipe, batchSize: optimization.batchSize).growth(in: step)
  }

  /// Checks what can be checked before any work is done.
  /// - Throws: ``TrainingError`` of kind `usage`.
  public func validate(rankCount: Int) throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw TrainingError(.usage, message()) }
    }
    let batch = optimization.batchSize
    try require(
      (1...65_536).contains(batch), "--batch-size is \(batch); it must be between 1 and 65536")
    try require(
      batch % rankCount == 0,
      """
      --batch-size \(batch) cannot be split evenly over \(rankCount) ranks; the nearest sizes that \
      can are \(nearestMultiples(of: rankCount, to: batch))
      """)
    try require(
      optimization.epochs > 0 && optimization.epochs <= 1e6,
      "--epochs must be greater than 0 and at most a million")
    try require(
      (1...1_000_000_000).contains(optimization.steps ?? 1),
      "--steps must be between 1 and a billion")
    for (name, rate) in [
      ("learning-rate", optimization.learningRate),
      ("generator-learning-rate", optimization.generatorLearningRate),
      ("discriminator-learning-rate", optimization.discriminatorLearningRate),
    ] {
      try require(rate ?? 1 > 0 && rate ?? 1 <= 1, "--\(name) must be greater than 0 and at most 1")
    }
    try require(
      optimization.penaltyWeight ?? 1 > 0 && optimization.penaltyWeight ?? 1 <= 1e6,
      "--penalty-weight must be greater than 0 and at most a million")
    try require(
      (1...1000).contains(optimization.penaltyInterval ?? 1),
      "--penalty-every must be between 1 and 1000")
    try require(
      (1...1000).contains(optimization.discriminatorUpdates ?? 1),
      "--critic-updates must be between 1 and 1000")
    try require(
      (0..<1).contains(optimization.augmentationTarget ?? 0),
      "--augment-target must be at least 0 and less than 1")
    try require(
      (1...1_000_000_000_000).contains(optimization.growthImages ?? 1),
      "--growth-images must be between 1 and 1e12")
    try require(
      (0...1e12).contains(optimization.averageHalfLife),
      "--ema-half-life must be between 0 and 1e12 images")
    try require(
      (1...1_000_000).contains(optimization.skipLimit ?? 1),
      "--skip-limit must be between 1 and a million")
    try require(
      (1...65_536).contains(architecture.latentDimension ?? 1),
      "--latent-dim must be between 1 and 65536")
    try require(
      architecture.featureMaps > 0 && architecture.featureMaps <= 4096,
      "--feature-maps must be between 1 and 4096")
    try require((0...180).contains(data.rotation), "--rotation must be between 0 and 180 degrees")
    try require((0..<1).contains(data.scaling), "--scaling must be at least 0 and less than 1")
    try require(
      (1...1_000_000).contains(data.paintedCount), "--painted-count must be between 1 and a million"
    )
    try require(output.sampleEvery >= 0, "--sample-every must not be negative")
    try require(
      (1...4096).contains(output.sampleCount), "--sample-count must be between 1 and 4096")
    try require(output.checkpointEvery >= 0, "--checkpoint-every must not be negative")
    try require(output.keepCheckpoints > 0, "--keep-checkpoints must be at least 1")
    try require(output.keepEvery >= 0, "--keep-every must not be negative")

    let multiple = try makeGAN().discriminator.layout.batchMultiple
    try require(
      batch % (rankCount * multiple) == 0,
      """
      model \(model.rawValue) takes images \(multiple) at a time, so --batch-size \(batch) does not \
      fit \(rankCount == 1 ? "one rank" : "\(rankCount) ranks"); the nearest sizes that do are \
      \(nearestMultiples(of: rankCount * multiple, to: batch))
      """)
  }
}

extension TrainingConfiguration.OptimizationOptions {
  /// Overrides the recipe of `gan` by the options that are given.
  /// - Throws: ``TrainingError`` if the model has nothing that an option could change,
  ///   `ArchitectureError` if its networks do not go together with the objective.
  fileprivate func apply(to gan: inout GAN) throws {
    if let rate = learningRate { gan.recipe.setLearningRate(rate) }
    if let rate = generatorLearningRate {
      gan.recipe.generatorOptimizer = gan.recipe.generatorOptimizer.withLearningRate(rate)
    }
    if let rate = discriminatorLearningRate {
      gan.recipe.discriminatorOptimizer = gan.recipe.discriminatorOptimizer.withLearningRate(rate)
    }
    if let objective { gan.recipe.objective = objective.makeObjective() }
    try applyPenalty(to: &gan)
    if let discriminatorUpdates {
      gan.recipe.discriminatorUpdates = .constant(discriminatorUpdates)
    }
    if let differentiableAugmentation {
      gan.recipe.augmentation = differentiableAugmentation
      gan.recipe.adaptiveAugmentation = nil
    }
    if let augmentationTarget {
      guard gan.recipe.augmentation != .none else {
        throw TrainingError(
          .usage, "--augment-target needs changes to make more or less often; add --diff-augment")
      }
      gan.recipe.adaptiveAugmentation = AdaptiveAugmentation(target: augmentationTarget)
    }
    if let growthImages {
      guard gan.recipe.growth != nil else {
        throw TrainingError(
          .usage, "model \(gan.name) does not grow; leave out --growth-images")
      }
      gan.recipe.growth?.stableImages = growthImages
      gan.recipe.growth?.fadeImages = growthImages
    }
    try gan.requirePenaltyToFit()
  }

  private func applyPenalty(to gan: inout GAN) throws {
    guard penaltyWeight != nil || penaltyInterval != nil else { return }
    guard var objective = gan.recipe.objective as? any PenalizedObjective else {
      throw TrainingError(
        .usage,
        "the objective of model \(gan.name) has no penalty; leave out --penalty-weight and "
          + "--penalty-every, or choose --objective wgan-gp or r1")
    }
    if let penaltyWeight { objective.penalty?.weight = penaltyWeight }
    if let penaltyInterval { objective.penalty?.interval = penaltyInterval }
    gan.recipe.objective = objective
  }
}

private func nearestMultiples(of divisor: Int, to number: Int) -> String {
  let below = number / divisor * divisor
  return below > 0 ? "\(below) and \(below + divisor)" : "\(below + divisor)"
}
