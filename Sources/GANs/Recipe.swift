import Layers
import Portraits

extension GAN {
  /// How the two networks are trained.
  public struct Recipe: Sendable {
    public var objective: any Objective
    public var generatorOptimizer: OptimizerRule
    public var discriminatorOptimizer: OptimizerRule
    /// The discriminator's updates in each step of the generator, each with images of its own.
    public var discriminatorUpdates = UpdateSchedule.constant(1)
    /// The interval that pixel values are mapped to for the networks.
    public var pixelRange: PixelRange
    /// Whether real and generated images are normalised apart in the discriminator, each by their
    /// own batch statistics, or together.
    public var normalizesRealsAndFakesApart: Bool
    /// Whether the generator's step draws new latents, or judges again the images that the
    /// discriminator's last update was made with.
    public var drawsFreshLatentsForGenerator: Bool
    /// When the networks grow; nil for networks of one size.
    public var growth: GrowthSchedule?

    /// Sets the step size of both optimizers, in place of the model's own.
    public mutating func setLearningRate(_ rate: Float) {
      generatorOptimizer = generatorOptimizer.withLearningRate(rate)
      discriminatorOptimizer = discriminatorOptimizer.withLearningRate(rate)
    }
  }
}
