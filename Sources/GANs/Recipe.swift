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
    /// Whether layers work in training as they do in inference: normalised by running statistics, which
    /// then never move, and with nothing dropped out. So work Keras's layers in a training step of
    /// one's own that does not tell them that it is one.
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

extension GAN {
  /// Checks that the discriminator normalises no image by the others of its batch if the objective
  /// penalises its gradient at each.
  ///
  /// The groups of a few images that `pggan` compares do pass: their penalty is that of its authors.
  /// - Throws: ``ArchitectureError``.
  public func requirePenaltyToFit() throws {
    guard recipe.objective.penalty != nil && discriminator.layout.normalizesOverBatch,
      !recipe.runsLayersAsInInference
    else { return }
    throw ArchitectureError(
      description:
        "a gradient penalty is an image's own, and the batch normalisation in the discriminator of "
        + "model \(name) ties it to the others; choose another --objective or --model")
  }
}
