import GANs
import Layers

/// Everything that training changes: what a checkpoint holds.
public final class TrainingState {
  public let gan: GAN
  public let generator: NetworkState
  public let discriminator: NetworkState
  public let generatorOptimizer: Optimizer
  public let discriminatorOptimizer: Optimizer
  /// The moving average of the generator, which makes the sample grids.
  public let average: MovingAverage
  /// How likely what the discriminator sees is changed.
  public var augmentation: AugmentationStrength
  /// The number of training steps done.
  public var step = 0
  /// How many of the steps skipped an update, since there were no finite numbers for it.
  public var skippedSteps = 0

  /// Creates the state before the first step.
  /// - Parameter averageHalfLife: of the generator's moving average, in images.
  public init(gan: GAN, seed: UInt64, averageHalfLife: Double) {
    self.gan = gan
    generator = NetworkState(layout: gan.generator.layout, seed: seed, network: 0)
    discriminator = NetworkState(layout: gan.discriminator.layout, seed: seed, network: 1)
    generatorOptimizer = Optimizer(gan.recipe.generatorOptimizer, for: generator.weights)
    discriminatorOptimizer = Optimizer(
      gan.recipe.discriminatorOptimizer, for: discriminator.weights)
    average = MovingAverage(of: generator, halfLife: averageHalfLife)
    augmentation = AugmentationStrength(of: gan.recipe)
  }

  /// Lets both optimizers forget the past, which was that of other networks.
  func restartOptimizers() {
    generatorOptimizer.reset()
    discriminatorOptimizer.reset()
  }
}
