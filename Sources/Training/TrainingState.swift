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
  /// The number of training steps done.
  public var step = 0

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
  }

  /// Measures the batch statistics that the averaged generator has on fresh latents.
  ///
  /// Statistics gathered while the weights were others do not fit their average, and make its
  /// pictures pale. The result depends on the averaged weights and the seed only.
  func measureAverageStatistics(seed: UInt64) {
    let (batches, batchSize) = (8, 64)
    for batch in 0..<batches {
      let noise = SampleNoise(
        seed: seed, step: UInt64(batch), phase: 0, samples: Array(0..<UInt32(batchSize)))
      // Weights of 1, 1/2, 1/3, … make a plain mean of all batches.
      let training = ForwardPass.Training(
        noise: noise, statisticsMomentum: 1 / Float(batch + 1))
      _ = gan.generator.body(
        noise.normal(.statistics, shape: [gan.latentDimension]),
        in: ForwardPass(
          training: training, state: average.state, weights: average.state.weights.tensors))
    }
  }
}
