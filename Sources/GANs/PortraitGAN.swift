import Layers
import Tensors

extension GAN {
  /// What Li (2023) proposes in section 5 for portraits, as one model: progressive training,
  /// self-attention and regularisation.
  ///
  /// Both networks grow from 8 × 8 pixels and attend to the whole picture at features of 32 × 32. The
  /// discriminator is regularised by spectral normalisation, learns four times as fast as the
  /// generator, and plays by the hinge loss, as in Zhang et al. (2019). No layer depends on the other
  /// samples of a batch, so that training is the same for any number of ranks. A level costs what it
  /// costs in `dcgan`: a single convolution, from or to features of half the picture's size.
  static func portrait(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.portrait.require(options.imageSize, in: [32, 64, 128, 256])
    try ModelName.portrait.requireAttention(to: options.featureMaps)
    let networks = PortraitNetworks(
      imageSize: options.imageSize, latentDimension: options.latentDimension ?? 128,
      featureMaps: options.featureMaps)
    func adam(_ rate: Float) -> OptimizerRule {
      .adam(learningRate: rate, beta1: 0, beta2: 0.9, epsilon: 1e-8)
    }
    return GAN(
      name: ModelName.portrait.rawValue, imageSize: options.imageSize,
      latentDimension: networks.latentDimension, generator: networks.generator,
      discriminator: networks.discriminator,
      recipe: Recipe(
        objective: Hinge(), generatorOptimizer: adam(1e-4), discriminatorOptimizer: adam(4e-4),
        pixelRange: .minusOneToOne, normalizesRealsAndFakesApart: false,
        drawsFreshLatentsForGenerator: false, augmentation: DifferentiableAugmentation(),
        growth: GrowthSchedule(
          startLevel: PortraitNetworks.firstLevel, finalLevel: networks.finalLevel,
          stableImages: 25_000, fadeImages: 25_000)))
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
  /// The place in `widths` of the features with self-attention: 32 × 32, or the largest there are.
  private let attentive: Int

  init(imageSize: Int, latentDimension: Int, featureMaps: Int) {
    self.latentDimension = latentDimension
    finalLevel = imageSize.trailingZeroBitCount - 2
    // Widths halve as the sides double: 512, 256, 128, 64 for 64 pixels; larger pictures have 512 more
    // often.
    let last = finalLevel - Self.firstLevel
    widths = (0...last).map { min(8, 1 << (last - $0)) * featureMaps }
    attentive = min(3, last)
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
              "\(name).dense", from: latentDimension, to: features,
              initializer: .heNormal(fanIn: latentDimension), in: &layout),
            Reshape(to: [4, 4, width]),
          ]
        } else {
          layers = [upsampling("\(name).conv", from: widths[index - 1], to: width, in: &layout)]
        }
        layers += [Self.rectifier, PixelNormalization()]
        if index == attentive {
          layers.append(SelfAttention("\(name).attention", channels: width, in: &layout))
        }
        levels.append(
          .init(
            body: Sequential(layers),
            toImage: Sequential([
              upsampling("\(name).to_rgb", from: width, to: 3, gain: 1, in: &layout), Tanh(),
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
          convolution("\(name).from_rgb", from: 3, to: width, in: &layout), Self.rectifier,
        ])
        var layers: [any Layer] = []
        if index == attentive {
          layers.append(
            SelfAttention(
              "\(name).attention", channels: width, scaling: .spectral, in: &layout))
        }
        layers +=
          index == 0
          ? [
            convolution("\(name).head", from: width, to: 1, window: .whole, in: &layout),
            Reshape(to: []),
          ]
          : [
            convolution("\(name).conv", from: width, to: widths[index - 1], in: &layout),
            Self.rectifier,
          ]
        levels.append(.init(fromImage: fromImage, body: Sequential(layers)))
      }
      return [GrowingDiscriminator(firstLevel: Self.firstLevel, levels: levels)]
    }
  }

  private static let rectifier = LeakyReLU(slope: 0.2)

  private func upsampling(
    _ name: String, from inputs: Int, to outputs: Int, gain: Float = Float(2).squareRoot(),
    in layout: inout WeightLayout
  ) -> UpsamplingConvolution {
    UpsamplingConvolution(
      name, from: inputs, to: outputs, initializer: .heNormal(fanIn: 9 * inputs, gain: gain),
      in: &layout)
  }

  private func convolution(
    _ name: String, from inputs: Int, to outputs: Int, window: ConvolutionWindow = .halving,
    in layout: inout WeightLayout
  ) -> Convolution {
    Convolution(
      name, from: inputs, to: outputs, window: window, hasBias: true, scaling: .spectral,
      initializer: .normal(mean: 0, deviation: 0.02), in: &layout)
  }
}
