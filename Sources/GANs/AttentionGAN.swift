import Layers

extension GAN {
  /// The self-attention GAN of Zhang et al. (2019) without classes: residual networks with spectral
  /// normalisation and, at features of 32 × 32, self-attention in both; the discriminator learns
  /// four times as fast as the generator.
  ///
  /// Differs from theirs: batches are of 64 images unless `--batch-size` says otherwise, where they
  /// have 256, the generator's batch normalisation knows no classes, 3 × 3 convolutions begin with
  /// a gain of √2, as in `sngan-resnet`, and for 128 × 128 pixels the discriminator's last block
  /// halves its features, too.
  static func sagan(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.sagan.require(options.imageSize, in: [64, 128])
    try ModelName.sagan.requireChannelsForAttention(options.featureMaps)
    func adam(_ rate: Float) -> OptimizerRule {
      .adam(learningRate: rate, beta1: 0, beta2: 0.9, epsilon: 1e-8)
    }
    return ResidualNetworks(
      model: .sagan, imageSize: options.imageSize,
      latentDimension: options.latentDimension ?? 128, featureMaps: options.featureMaps,
      generatorScaling: .spectral, attentionSide: 32
    ).gan(
      recipe: Recipe(
        objective: Hinge(), generatorOptimizer: adam(1e-4), discriminatorOptimizer: adam(4e-4),
        pixelRange: .minusOneToOne, normalizesRealsAndFakesApart: false,
        drawsFreshLatentsForGenerator: true))
  }
}
