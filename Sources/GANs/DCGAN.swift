import Layers
import Tensors

extension GAN {
  /// The deep convolutional GAN of Radford, Metz & Chintala (2016), with the kernels, widths and
  /// names of PyTorch's example.
  ///
  /// Both networks halve or double the picture with 4 × 4 kernels and stride 2; larger images
  /// take more such blocks. Side lengths are powers of two from 32 to 256.
  static func dcgan(_ options: ArchitectureOptions) throws -> GAN {
    let size = options.imageSize
    guard [32, 64, 128, 256].contains(size) else {
      throw ArchitectureError(
        description:
          "model dcgan has no networks for images of \(size) pixels; choose --image-size 32, 64, 128 or 256"
      )
    }
    // From 4 × 4 pixels, the widths halve as the sides double: 512, 256, 128, 64 for 64 pixels.
    let doublings = size.trailingZeroBitCount - 2
    let widths = (0..<doublings).map { options.featureMaps << (doublings - 1 - $0) }
    let adam = OptimizerRule.adam(learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8)
    return GAN(
      name: ModelName.dcgan.rawValue, imageSize: size, latentDimension: options.latentDimension,
      generator: dcganGenerator(latentDimension: options.latentDimension, widths: widths),
      discriminator: dcganDiscriminator(widths: widths.reversed()),
      recipe: Recipe(
        objective: NonSaturating(discriminatorReduction: .sumOfHalves), generatorOptimizer: adam,
        discriminatorOptimizer: adam, pixelRange: .minusOneToOne,
        normalizesRealsAndFakesApart: true, drawsFreshLatentsForGenerator: false))
  }

  private static func dcganGenerator(latentDimension: Int, widths: [Int]) -> Architecture {
    Architecture { layout in
      var layers: [any Layer] = [Reshape(to: [1, 1, latentDimension])]
      var channels = latentDimension
      for (block, width) in widths.enumerated() {
        layers.append(
          TransposedConvolution(
            "main.\(3 * block)", from: channels, to: width, window: block == 0 ? whole : halving,
            initializer: weights, in: &layout))
        layers.append(normalization("main.\(3 * block + 1)", width, slope: 0, in: &layout))
        channels = width
      }
      layers.append(
        TransposedConvolution(
          "main.\(3 * widths.count)", from: channels, to: 3, window: halving, initializer: weights,
          in: &layout))
      layers.append(Tanh())
      return layers
    }
  }

  private static func dcganDiscriminator(widths: [Int]) -> Architecture {
    Architecture { layout in
      var layers: [any Layer] = []
      var channels = 3
      for (block, width) in widths.enumerated() {
        // Every block counts as three layers but the first, which has no normalisation.
        layers.append(
          Convolution(
            "main.\(max(0, 3 * block - 1))", from: channels, to: width, window: halving,
            hasBias: false, initializer: weights, in: &layout))
        layers.append(
          block == 0
            ? LeakyReLU(slope: 0.2)
            : normalization("main.\(3 * block)", width, slope: 0.2, in: &layout))
        channels = width
      }
      layers.append(
        Convolution(
          "main.\(3 * widths.count - 1)", from: channels, to: 1, window: whole, hasBias: false,
          initializer: weights, in: &layout))
      layers.append(Reshape(to: []))
      return layers
    }
  }

  private static let weights = Initializer.normal(mean: 0, deviation: 0.02)
  /// Covers a picture of 4 × 4 pixels, or makes one of a single pixel.
  private static let whole = ConvolutionWindow(kernel: 4)
  private static let halving = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))

  private static func normalization(
    _ name: String, _ channels: Int, slope: Float, in layout: inout WeightLayout
  ) -> BatchNormalization {
    BatchNormalization(
      name, channels: channels, epsilon: 1e-5, average: .init(momentum: 0.1, isUnbiased: true),
      gammaInitializer: .normal(mean: 1, deviation: 0.02), slope: slope, in: &layout)
  }
}
