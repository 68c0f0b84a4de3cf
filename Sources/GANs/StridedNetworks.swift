import Layers
import Tensors

/// The networks of `dcgan`, and of the Wasserstein GANs that are tried on them: both halve or
/// double the picture with 4 × 4 kernels and stride 2.
struct StridedNetworks {
  /// What the discriminator normalises the features of all its blocks but the first by.
  enum DiscriminatorNormalization {
    case batch
    case layer
  }

  private let model: ModelName
  private let imageSize: Int
  private let latentDimension: Int
  /// The channels of the generator's blocks.
  private let widths: [Int]

  /// - Parameter usualLatentDimension: where `options` say nothing of it.
  init(
    of model: ModelName, _ options: ArchitectureOptions, usualLatentDimension: Int = 100
  ) throws {
    try model.require(options.imageSize, in: [32, 64, 128, 256])
    self.model = model
    imageSize = options.imageSize
    latentDimension = options.latentDimension ?? usualLatentDimension
    // From 4 × 4 pixels, the widths halve as the sides double: 512, 256, 128, 64 for 64 pixels.
    let doublings = imageSize.trailingZeroBitCount - 2
    widths = (0..<doublings).map { options.featureMaps << (doublings - 1 - $0) }
  }

  func gan(
    discriminatorNormalization normalization: DiscriminatorNormalization, recipe: GAN.Recipe
  ) -> GAN {
    GAN(
      name: model.rawValue, imageSize: imageSize, latentDimension: latentDimension,
      generator: generator, discriminator: discriminator(normalizedBy: normalization),
      recipe: recipe)
  }

  private var generator: GAN.Architecture {
    .init { layout in
      var layers: [any Layer] = [Reshape(to: [1, 1, latentDimension])]
      var channels = latentDimension
      for (block, width) in widths.enumerated() {
        layers.append(
          TransposedConvolution(
            "main.\(3 * block)", from: channels, to: width,
            window: block == 0 ? .whole : .halving, initializer: Self.weights, in: &layout))
        layers.append(
          Self.batchNormalization("main.\(3 * block + 1)", width, slope: 0, in: &layout))
        channels = width
      }
      layers.append(
        TransposedConvolution(
          "main.\(3 * widths.count)", from: channels, to: 3, window: .halving,
          initializer: Self.weights, in: &layout))
      layers.append(Tanh())
      return layers
    }
  }

  private func discriminator(
    normalizedBy normalization: DiscriminatorNormalization
  ) -> GAN.Architecture {
    .init { layout in
      var layers: [any Layer] = []
      var channels = 3
      for (block, width) in widths.reversed().enumerated() {
        // Every block counts as three layers but the first, which has no normalisation.
        layers.append(
          Convolution(
            "main.\(max(0, 3 * block - 1))", from: channels, to: width, window: .halving,
            hasBias: false, initializer: Self.weights, in: &layout))
        switch normalization {
        case _ where block == 0:
          layers.append(LeakyReLU(slope: 0.2))
        case .batch:
          layers.append(
            Self.batchNormalization("main.\(3 * block)", width, slope: 0.2, in: &layout))
        case .layer:
          layers.append(
            LayerNormalization("main.\(3 * block)", channels: width, slope: 0.2, in: &layout))
        }
        channels = width
      }
      layers.append(
        Convolution(
          "main.\(3 * widths.count - 1)", from: channels, to: 1, window: .whole, hasBias: false,
          initializer: Self.weights, in: &layout))
      layers.append(Reshape(to: []))
      return layers
    }
  }

  private static let weights = Initializer.normal(mean: 0, deviation: 0.02)

  private static func batchNormalization(
    _ name: String, _ channels: Int, slope: Float, in layout: inout WeightLayout
  ) -> BatchNormalization {
    BatchNormalization(
      name, channels: channels, epsilon: 1e-5, average: .pyTorch,
      gammaInitializer: .normal(mean: 1, deviation: 0.02), slope: slope, in: &layout)
  }
}
