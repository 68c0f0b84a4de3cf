import Layers
import Tensors

extension GAN {
  /// What Li (2023) proposes in section 5 for portraits, as one model: progressive training,
  /// self-attention and regularisation.
  ///
  /// Both networks grow from 8 × 8 pixels and attend to the whole picture at features of a quarter
  /// of its side, 32 × 32 at most. The discriminator is regularised by spectral normalisation and
  /// by adaptive augmentation, and plays by the hinge loss; attention has spectral norms in both
  /// networks, as in SAGAN. A level costs what it costs in `dcgan`: a single convolution, from or
  /// to features of half the picture's size.
  ///
  /// The rest was chosen by measurement, which the article "How portrait was chosen" reports. For
  /// 64 × 64 pixels the networks grow over 30,000 images, an eighth of 200 passes over 1,200
  /// portraits.
  static func portrait(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.portrait.require(options.imageSize, in: [32, 64, 128, 256])
    try ModelName.portrait.requireChannelsForAttention(options.featureMaps)
    let networks = PortraitNetworks(
      imageSize: options.imageSize, latentDimension: options.latentDimension ?? 128,
      featureMaps: options.featureMaps)
    let adam = OptimizerRule.adam(learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8)
    return GAN(
      name: ModelName.portrait.rawValue, imageSize: options.imageSize,
      latentDimension: networks.latentDimension, generator: networks.generator,
      discriminator: networks.discriminator,
      recipe: Recipe(
        objective: Hinge(), generatorOptimizer: adam, discriminatorOptimizer: adam,
        pixelRange: .minusOneToOne, normalizesRealsAndFakesApart: true,
        drawsFreshLatentsForGenerator: false,
        augmentation: DifferentiableAugmentation([.translation]),
        adaptiveAugmentation: AdaptiveAugmentation(target: 0.5),
        growth: GrowthSchedule(
          startLevel: PortraitNetworks.firstLevel, finalLevel: networks.finalLevel,
          stableImages: 5000, fadeImages: 5000)))
  }
}

/// The networks of `portrait`. A level makes pictures of twice the side of its features.
private struct PortraitNetworks {
  /// That of pictures of 8 × 8 pixels, and so of features of 4 × 4.
  static let firstLevel = 1

  let latentDimension: Int
  let finalLevel: Int
  /// The channels by level, from the first on.
  private let widths: [Int]
  /// The place in `widths` of the features with self-attention: 32 × 32, but at least one level
  /// before the picture, so that there are layers between what attention mixes and what is seen.
  private let attentive: Int

  init(imageSize: Int, latentDimension: Int, featureMaps: Int) {
    self.latentDimension = latentDimension
    finalLevel = imageSize.trailingZeroBitCount - 2
    // Widths halve as the sides double: 512, 256, 128, 64 for 64 pixels; larger pictures have 512
    // more often.
    let last = finalLevel - Self.firstLevel
    widths = (0...last).map { min(8, 1 << (last - $0)) * featureMaps }
    attentive = min(3, last - 1)
  }

  var generator: GAN.Architecture {
    .init { layout in
      var levels: [GrowingGenerator.Level] = []
      for (index, width) in widths.enumerated() {
        let name = "levels.\(index)"
        var layers: [any Layer]
        if index == 0 {
          let features = 16 * width
          layers = [
            PixelNormalization(),
            Dense(
              "\(name).dense", from: latentDimension, to: features, initializer: Self.weights,
              in: &layout),
            Reshape(to: [4, 4, width]),
          ]
        } else {
          let inputs = widths[index - 1]
          layers = [
            UpsamplingConvolution(
              "\(name).conv", from: inputs, to: width, hasBias: false,
              initializer: .heNormal(fanIn: 9 * inputs), in: &layout)
          ]
        }
        layers.append(normalization("\(name).norm", width, slope: 0, in: &layout))
        if index == attentive {
          layers.append(
            SelfAttention(
              "\(name).attention", channels: width, scaling: .spectral, in: &layout))
        }
        levels.append(
          .init(
            body: Sequential(layers),
            toImage: Sequential([
              UpsamplingConvolution(
                "\(name).to_rgb", from: width, to: 3,
                initializer: .heNormal(fanIn: 9 * width, gain: 0.3), in: &layout),
              Tanh(),
            ])))
      }
      return [GrowingGenerator(firstLevel: Self.firstLevel, levels: levels)]
    }
  }

  var discriminator: GAN.Architecture {
    .init { layout in
      var levels: [GrowingDiscriminator.Level] = []
      for (index, width) in widths.enumerated() {
        let name = "levels.\(index)"
        let fromImage = Sequential([
          convolution("\(name).from_rgb", from: 3, to: width, hasBias: true, in: &layout),
          LeakyReLU(slope: 0.2),
        ])
        var layers: [any Layer] = []
        if index == attentive {
          layers.append(
            SelfAttention(
              "\(name).attention", channels: width, scaling: .spectral, in: &layout))
        }
        if index == 0 {
          layers += [
            Convolution(
              "\(name).head", from: width, to: 1, window: .whole, hasBias: true,
              initializer: Self.weights, in: &layout),
            Reshape(to: []),
          ]
        } else {
          let outputs = widths[index - 1]
          layers += [
            convolution("\(name).conv", from: width, to: outputs, hasBias: false, in: &layout),
            normalization("\(name).norm", outputs, slope: 0.2, in: &layout),
          ]
        }
        levels.append(.init(fromImage: fromImage, body: Sequential(layers)))
      }
      return [GrowingDiscriminator(firstLevel: Self.firstLevel, levels: levels)]
    }
  }

  private static let weights = Initializer.normal(mean: 0, deviation: 0.02)

  private func convolution(
    _ name: String, from inputs: Int, to outputs: Int, hasBias: Bool,
    in layout: inout WeightLayout
  ) -> Convolution {
    Convolution(
      name, from: inputs, to: outputs, window: .halving, hasBias: hasBias, scaling: .spectral,
      initializer: Self.weights, in: &layout)
  }

  private func normalization(
    _ name: String, _ channels: Int, slope: Float, in layout: inout WeightLayout
  ) -> BatchNormalization {
    BatchNormalization(
      name, channels: channels, epsilon: 1e-5, average: .pyTorch, slope: slope, in: &layout)
  }
}
