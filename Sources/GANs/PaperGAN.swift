import Layers
import Tensors

extension GAN {
  /// The network of Li (2023), "The Generation and Analysis of Art Image based on Generative
  /// Adversarial Network".
  ///
  /// What the paper leaves out is taken from a public Keras notebook that trains on the same
  /// pictures and matches it in every detail that it gives: "same" padding, batch normalisation
  /// with momentum 0.8 and ε 10⁻³, Glorot initial weights, dropout, label noise and Adamax. The
  /// generator ends in a hyperbolic tangent although pixels lie in 0…1, as there.
  ///
  /// Layers run as in inference: so losses begin as those of the notebook do. With statistics of
  /// the batch, over reals and fakes together for the discriminator and over fakes alone for the
  /// generator, the discriminator learns to read them: within a hundred steps its verdict on a
  /// batch of fakes alone was "real", and the generator had nothing left to learn.
  static func paper(_ options: ArchitectureOptions) throws -> GAN {
    guard options.imageSize == 64 else {
      throw ArchitectureError(
        description:
          "model paper is defined for images of 64 pixels, not \(options.imageSize); use --image-size 64 or --model dcgan"
      )
    }
    guard options.featureMaps == ArchitectureOptions().featureMaps else {
      throw ArchitectureError(
        description: "model paper has fixed widths; leave out --feature-maps or use --model dcgan")
    }
    let latentDimension = options.latentDimension ?? 100
    let adamax = OptimizerRule.adamax(learningRate: 1.5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-7)
    return GAN(
      name: ModelName.paper.rawValue, imageSize: options.imageSize,
      latentDimension: latentDimension,
      generator: paperGenerator(latentDimension: latentDimension),
      discriminator: paperDiscriminator(),
      recipe: Recipe(
        objective: NonSaturating(discriminatorReduction: .meanOfAll, labelNoise: 0.05),
        generatorOptimizer: adamax, discriminatorOptimizer: adamax, pixelRange: .zeroToOne,
        normalizesRealsAndFakesApart: false, drawsFreshLatentsForGenerator: true,
        runsLayersAsInInference: true))
  }

  private static func paperGenerator(latentDimension: Int) -> Architecture {
    Architecture { layout in
      let (side, start) = (4, 256)
      var layers: [any Layer] = [
        Dense(
          "dense", from: latentDimension, to: side * side * start,
          initializer: .glorotUniform(fanIn: latentDimension, fanOut: side * side * start),
          in: &layout),
        LeakyReLU(slope: 0),
        Reshape(to: [side, side, start]),
      ]
      var channels = start
      for (block, width) in [256, 256, 256, 128].enumerated() {
        layers.append(
          UpsamplingConvolution(
            "blocks.\(block).conv", from: channels, to: width,
            initializer: glorot(from: channels, to: width), in: &layout))
        layers.append(normalization("blocks.\(block).norm", width, slope: 0, in: &layout))
        channels = width
      }
      layers.append(convolution("output", from: channels, to: 3, size: 64, in: &layout))
      layers.append(Tanh())
      return layers
    }
  }

  private static func paperDiscriminator() -> Architecture {
    Architecture { layout in
      var layers: [any Layer] = []
      var (channels, size) = (3, 64)
      for (block, (width, stride)) in [(32, 2), (64, 2), (128, 2), (256, 1), (512, 1)].enumerated()
      {
        let name = "blocks.\(block)"
        layers.append(
          convolution(
            "\(name).conv", from: channels, to: width, size: size, stride: stride, in: &layout))
        size = (size + stride - 1) / stride
        if block == 1 {
          layers.append(ZeroPadding(bottom: 1, right: 1))
          size += 1
        }
        layers.append(
          block == 0
            ? LeakyReLU(slope: 0.2) : normalization("\(name).norm", width, slope: 0.2, in: &layout))
        layers.append(Dropout(rate: 0.25, in: &layout))
        channels = width
      }
      let features = size * size * channels
      layers.append(Reshape(to: [features]))
      layers.append(
        Dense(
          "head", from: features, to: 1, initializer: .glorotUniform(fanIn: features, fanOut: 1),
          in: &layout))
      layers.append(Reshape(to: []))
      return layers
    }
  }

  private static func convolution(
    _ name: String, from inputs: Int, to outputs: Int, size: Int, stride: Int = 1,
    in layout: inout WeightLayout
  ) -> Convolution {
    Convolution(
      name, from: inputs, to: outputs,
      window: ConvolutionWindow(
        kernel: 3, stride: stride, padding: .same(size: size, kernel: 3, stride: stride)),
      hasBias: true, initializer: glorot(from: inputs, to: outputs),
      in: &layout)
  }

  /// Keras's first weights of a 3 × 3 convolution.
  private static func glorot(from inputs: Int, to outputs: Int) -> Initializer {
    .glorotUniform(fanIn: 9 * inputs, fanOut: 9 * outputs)
  }

  private static func normalization(
    _ name: String, _ channels: Int, slope: Float, in layout: inout WeightLayout
  ) -> BatchNormalization {
    // Keras weighs the old average by its momentum, here the new batch is weighed.
    BatchNormalization(
      name, channels: channels, epsilon: 1e-3, average: .init(momentum: 0.2, isUnbiased: true),
      slope: slope, in: &layout)
  }
}
