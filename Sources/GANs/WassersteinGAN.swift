import Layers

extension GAN {
  /// The Wasserstein GAN of Arjovsky, Chintala & Bottou (2017): the networks of `dcgan`, whose
  /// discriminator becomes a critic with clipped weights.
  ///
  /// The paper trains by RMSprop, as momentum makes a critic that changes all the time unstable.
  ///
  /// Differs from their program: weights are clipped after each update, as in the paper, where the
  /// program clips before it.
  static func wgan(_ options: ArchitectureOptions) throws -> GAN {
    let rmsprop = OptimizerRule.rmsprop(learningRate: 5e-5)
    return try StridedNetworks(of: .wgan, options).gan(
      discriminatorNormalization: .batch,
      recipe: Recipe(
        objective: Wasserstein(), generatorOptimizer: rmsprop, discriminatorOptimizer: rmsprop,
        discriminatorUpdates: .wasserstein, pixelRange: .minusOneToOne,
        normalizesRealsAndFakesApart: true, drawsFreshLatentsForGenerator: true))
  }

  /// The Wasserstein GAN with a gradient penalty of Gulrajani et al. (2017), on the networks of
  /// `dcgan`, whose critic normalises each image's features by themselves.
  ///
  /// Differs from their program for 64 × 64 pixels: its usual networks are residual ones, and those
  /// that it calls DCGAN have kernels of 5 × 5 and a generator that begins with a dense layer.
  static func wganGP(_ options: ArchitectureOptions) throws -> GAN {
    let adam = OptimizerRule.adam(learningRate: 1e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8)
    return try StridedNetworks(of: .wganGP, options, usualLatentDimension: 128).gan(
      discriminatorNormalization: .layer,
      recipe: Recipe(
        objective: WassersteinGradientPenalty(), generatorOptimizer: adam,
        discriminatorOptimizer: adam, discriminatorUpdates: .constant(5),
        pixelRange: .minusOneToOne, normalizesRealsAndFakesApart: false,
        drawsFreshLatentsForGenerator: true))
  }
}
