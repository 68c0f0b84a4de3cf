import Layers
import Tensors

extension GAN {
  /// The spectrally normalised GAN of Miyato et al. (2018) with their plain convolutional networks
  /// (table 3): the discriminator alternates 3 × 3 kernels with 4 × 4 kernels of stride 2.
  ///
  /// The numbers of Adam, and one update of each network in turn, are their setting C.
  ///
  /// Differs from their program: the loss is that of their residual networks, where they trained
  /// the plain ones with the original loss, `--objective non-saturating`; and the power iteration
  /// takes one step in each update of the discriminator, where theirs takes one in each pass
  /// through it.
  static func sngan(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.sngan.require(options.imageSize, in: [32, 64, 128])
    let latentDimension = options.latentDimension ?? 128
    let adam = OptimizerRule.adam(learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8)
    // Both networks have three doublings or halvings, whatever the size.
    let side = options.imageSize / 8
    return GAN(
      name: ModelName.sngan.rawValue, imageSize: options.imageSize,
      latentDimension: latentDimension,
      generator: stackedGenerator(
        from: latentDimension, side: side, featureMaps: options.featureMaps),
      discriminator: stackedDiscriminator(to: side, featureMaps: options.featureMaps),
      recipe: Recipe(
        objective: Hinge(), generatorOptimizer: adam, discriminatorOptimizer: adam,
        pixelRange: .minusOneToOne, normalizesRealsAndFakesApart: false,
        drawsFreshLatentsForGenerator: true))
  }

  /// The spectrally normalised GAN of Miyato et al. (2018) with their residual networks, and five
  /// updates of the discriminator in each step.
  ///
  /// Differs from their program: the step size stays what it is, where theirs falls to zero towards
  /// the end, the power iteration takes one step in each update, as in `sngan`, and the ε of batch
  /// normalisation is 10⁻⁵, not 2·10⁻⁵. For 32 × 32 pixels their discriminator has 128 channels
  /// throughout and halves pictures twice; here widths double and sides halve as for larger ones.
  static func snganResNet(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.snganResNet.require(options.imageSize, in: [32, 64, 128])
    let adam = OptimizerRule.adam(learningRate: 2e-4, beta1: 0, beta2: 0.9, epsilon: 1e-8)
    return ResidualNetworks(
      model: .snganResNet, imageSize: options.imageSize,
      latentDimension: options.latentDimension ?? 128, featureMaps: options.featureMaps
    ).gan(
      recipe: Recipe(
        objective: Hinge(), generatorOptimizer: adam, discriminatorOptimizer: adam,
        discriminatorUpdates: .constant(5), pixelRange: .minusOneToOne,
        normalizesRealsAndFakesApart: false, drawsFreshLatentsForGenerator: true))
  }

  private static func stackedGenerator(
    from latentDimension: Int, side: Int, featureMaps: Int
  ) -> Architecture {
    Architecture { layout in
      var channels = 8 * featureMaps
      var layers: [any Layer] = [
        Dense(
          "dense", from: latentDimension, to: side * side * channels, initializer: weights,
          in: &layout),
        Reshape(to: [side, side, channels]),
      ]
      for (block, width) in [4, 2, 1].map({ $0 * featureMaps }).enumerated() {
        layers += [
          TransposedConvolution(
            "blocks.\(block).conv", from: channels, to: width, window: .halving,
            initializer: weights, in: &layout),
          BatchNormalization(
            "blocks.\(block).norm", channels: width, epsilon: 1e-5, average: .pyTorch, slope: 0,
            in: &layout),
        ]
        channels = width
      }
      layers += [
        Convolution(
          "output", from: channels, to: 3, window: .sameSize, hasBias: true, initializer: weights,
          in: &layout),
        Tanh(),
      ]
      return layers
    }
  }

  private static func stackedDiscriminator(to side: Int, featureMaps: Int) -> Architecture {
    Architecture { layout in
      var layers: [any Layer] = []
      var channels = 3
      for (index, width) in [1, 1, 2, 2, 4, 4, 8].map({ $0 * featureMaps }).enumerated() {
        layers += [
          Convolution(
            "convs.\(index)", from: channels, to: width,
            window: index.isMultiple(of: 2) ? .sameSize : .halving, hasBias: true,
            scaling: .spectral, initializer: weights, in: &layout),
          LeakyReLU(slope: 0.1),
        ]
        channels = width
      }
      let features = side * side * channels
      layers += [
        Reshape(to: [features]),
        Dense(
          "head", from: features, to: 1, scaling: .spectral, initializer: weights, in: &layout),
        Reshape(to: []),
      ]
      return layers
    }
  }

  private static let weights = Initializer.normal(mean: 0, deviation: 0.02)
}
