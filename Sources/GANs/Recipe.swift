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
    /// How everything that the discriminator sees is changed at random.
    public var augmentation = DifferentiableAugmentation.none
    /// What makes that more or less likely as training goes; nil changes all images.
    public var adaptiveAugmentation: AdaptiveAugmentation?
    /// Whether layers work in training as they do in inference: normalised by running statistics,
    /// which then never move, and with nothing dropped out. Keras's layers do so in a training
    /// loop of one's own that calls them without `training=True`.
    public var runsLayersAsInInference = false
    /// When the networks grow; nil for networks of one size.
    public var growth: GrowthSchedule?

    /// Sets the step size of both optimizers, in place of the model's own.
    public mutating func setLearningRate(_ rate: Float) {
      generatorOptimizer = generatorOptimizer.withLearningRate(rate)
      discriminatorOptimizer = discriminatorOptimizer.withLearningRate(rate)
    }
  }
}
