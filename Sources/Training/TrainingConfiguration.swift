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
    /// What is done where a loss or a gradient is not finite; nil is ``divergencePolicy``'s choice.
    public var onDivergence: DivergencePolicy?
    /// The number of steps of the run that may skip an update; nil is what ``skipsAllowed`` has.
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

  /// Returns the number of steps of the whole run on `imageCount` images.
  public func totalSteps(imageCount: Int, by schedule: TrainingSchedule) -> Int {
    let batches = optimization.epochs * Double(imageCount) / Double(optimization.batchSize)
    return optimization.steps ?? schedule.steps(toTake: Int(batches.rounded(.up)))
  }

  /// Returns how far the networks of `gan` have grown after so many steps; nil if they do not grow.
  func growth(of gan: GAN, after step: Int) -> Growth? {
    TrainingSchedule(of: gan.recipe, batchSize: optimization.batchSize).growth(in: step)
  }
}
