import Layers
import Tensors

extension GAN {
  /// The progressively growing GAN of Karras et al. (2018): it begins with pictures of 4 × 4 pixels
  /// and fades in blocks for twice the size, one after the other.
  ///
  /// The authors' networks for 64 × 64 pixels have `featureMaps` 256, that is 512 channels below
  /// the largest pictures; the default 64 costs a sixteenth. They grow with a phase for every
  /// 800,000 images, which `--growth-images` sets; the default is for some thousand pictures and a
  /// CPU.
  ///
  /// Differs from theirs: the batch is the same for pictures of every size, the generator's dense
  /// layer has a bias for each of its features, not for each channel, and the moving average has a
  /// half-life of 10,000 images; their 0.999 a step makes 44,000 in batches of 64, which
  /// `--ema-half-life` sets.
  static func pggan(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.pggan.require(options.imageSize, in: [32, 64, 128])
    let networks = ProgressiveNetworks(
      imageSize: options.imageSize, latentDimension: options.latentDimension,
      featureMaps: options.featureMaps)
    let adam = OptimizerRule.adam(learningRate: 1e-3, beta1: 0, beta2: 0.99, epsilon: 1e-8)
    return GAN(
      name: ModelName.pggan.rawValue, imageSize: options.imageSize,
      latentDimension: networks.latentDimension, generator: networks.generator,
      discriminator: networks.discriminator,
      recipe: Recipe(
        objective: WassersteinGradientPenalty(weight: 10, drift: 0.001),
        generatorOptimizer: adam, discriminatorOptimizer: adam, pixelRange: .minusOneToOne,
        // The deviation over a minibatch is that of real images or of generated ones.
        normalizesRealsAndFakesApart: true, drawsFreshLatentsForGenerator: true,
        growth: GrowthSchedule(
          finalLevel: networks.finalLevel, stableImages: 5000, fadeImages: 5000)))
  }
}

/// The networks of `pggan`: two 3 × 3 convolutions per level with an equalised learning rate, pixel
/// normalisation in the generator, minibatch standard deviation in the discriminator.
private struct ProgressiveNetworks {
  let latentDimension: Int
  let finalLevel: Int
  /// The channels by level.
  private let widths: [Int]

  init(imageSize: Int, latentDimension: Int?, featureMaps: Int) {
    // Channels double from the largest pictures down, up to as many times as there would be 512 if
    // there were 128 at 128 pixels, as the authors' networks have them.
    let finalLevel = imageSize.trailingZeroBitCount - 2
    let most = featureMaps * imageSize / 32
    widths = (0...finalLevel).map { min(featureMaps << (finalLevel - $0), most) }
    self.finalLevel = finalLevel
    self.latentDimension = latentDimension ?? min(512, widths[0])
  }

  var generator: GAN.Architecture {
    .init { layout in
      var levels: [GrowingGenerator.Level] = []
      for (level, width) in widths.enumerated() {
        let name = "levels.\(level)"
        var layers: [any Layer]
        if level == 0 {
          let features = 16 * width
          layers = [
            PixelNormalization(),
            Dense(
              "\(name).dense", from: latentDimension, to: features,
              scaling: .equalized(gain: Self.rectifierGain / 4), initializer: .standardNormal,
              in: &layout),
            Reshape(to: [4, 4, width]),
          ]
        } else {
          layers = [
            UpsamplingConvolution(
              "\(name).conv0", from: widths[level - 1], to: width,
              scaling: .equalized(gain: Self.rectifierGain), initializer: .standardNormal,
              in: &layout)
          ]
        }
        layers += [
          Self.rectifier,
          PixelNormalization(),
          Self.convolution("\(name).conv1", from: width, to: width, in: &layout),
          Self.rectifier,
          PixelNormalization(),
        ]
        levels.append(
          .init(
            body: Sequential(layers),
            toImage: Self.pointwise(
              "\(name).to_rgb", from: width, to: 3, gain: 1, in: &layout)))
      }
      return [GrowingGenerator(firstLevel: 0, levels: levels)]
    }
  }

  var discriminator: GAN.Architecture {
    .init { layout in
      var levels: [GrowingDiscriminator.Level] = []
      for (level, width) in widths.enumerated() {
        let name = "levels.\(level)"
        let fromImage = Sequential([
          Self.pointwise(
            "\(name).from_rgb", from: 3, to: width, gain: Self.rectifierGain, in: &layout),
          Self.rectifier,
        ])
        var layers: [any Layer] = level == 0 ? [MinibatchStandardDeviation(in: &layout)] : []
        layers += [
          Self.convolution(
            "\(name).conv0", from: level == 0 ? width + 1 : width, to: width, in: &layout),
          Self.rectifier,
        ]
        layers +=
          level == 0
          ? head(name, channels: width, in: &layout)
          : [
            PoolingConvolution(
              "\(name).conv1", from: width, to: widths[level - 1],
              scaling: .equalized(gain: Self.rectifierGain), initializer: .standardNormal,
              in: &layout),
            Self.rectifier,
          ]
        levels.append(.init(fromImage: fromImage, body: Sequential(layers)))
      }
      return [GrowingDiscriminator(firstLevel: 0, levels: levels)]
    }
  }

  /// Makes logits of features of 4 × 4.
  private func head(
    _ name: String, channels: Int, in layout: inout WeightLayout
  ) -> [any Layer] {
    func dense(_ part: String, from inputs: Int, to outputs: Int, gain: Float) -> Dense {
      Dense(
        "\(name).\(part)", from: inputs, to: outputs, scaling: .equalized(gain: gain),
        initializer: .standardNormal, in: &layout)
    }
    return [
      Reshape(to: [16 * channels]),
      dense("dense0", from: 16 * channels, to: channels, gain: Self.rectifierGain),
      Self.rectifier,
      dense("dense1", from: channels, to: 1, gain: 1),
      Reshape(to: []),
    ]
  }

  private static let rectifierGain = Float(2).squareRoot()
  private static let rectifier = LeakyReLU(slope: 0.2)

  private static func convolution(
    _ name: String, from inputs: Int, to outputs: Int, in layout: inout WeightLayout
  ) -> Convolution {
    Convolution(
      name, from: inputs, to: outputs, window: .sameSize, hasBias: true,
      scaling: .equalized(gain: rectifierGain), initializer: .standardNormal, in: &layout)
  }

  /// A 1 × 1 convolution, from or to an image.
  private static func pointwise(
    _ name: String, from inputs: Int, to outputs: Int, gain: Float, in layout: inout WeightLayout
  ) -> Convolution {
    Convolution(
      name, from: inputs, to: outputs, window: ConvolutionWindow(kernel: 1), hasBias: true,
      scaling: .equalized(gain: gain), initializer: .standardNormal, in: &layout)
  }
}
