import Layers

extension GAN {
  /// The original generative adversarial network of Goodfellow et al. (2014): two multilayer
  /// perceptrons, of which the discriminator has maxout units and dropout.
  ///
  /// Units, first weights and dropout are those of the authors' program for digits.
  ///
  /// Differs from it: latents are normal instead of uniform and pixels lie in −1…1, as with all
  /// other models here, and both networks are trained by Adam with DCGAN's numbers: the program's
  /// gradient descent with a decaying rate was tuned for 784 pixels in two colours.
  static func original(_ options: ArchitectureOptions) throws -> GAN {
    try ModelName.gan.require(options.imageSize, in: [32, 64, 128])
    guard options.featureMaps.isMultiple(of: 4) else {
      throw ArchitectureError(
        description:
          "model gan has 75 hidden units for every 4 --feature-maps, not \(options.featureMaps); choose a multiple of 4"
      )
    }
    let latentDimension = options.latentDimension ?? 100
    let pixels = 3 * options.imageSize * options.imageSize
    let scale = options.featureMaps / 4
    let adam = OptimizerRule.adam(learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8)
    return GAN(
      name: ModelName.gan.rawValue, imageSize: options.imageSize, latentDimension: latentDimension,
      generator: perceptron(
        from: latentDimension, hidden: 75 * scale, imageSize: options.imageSize),
      discriminator: maxoutNetwork(from: pixels, hidden: 15 * scale),
      recipe: Recipe(
        objective: NonSaturating(discriminatorReduction: .sumOfHalves), generatorOptimizer: adam,
        discriminatorOptimizer: adam, pixelRange: .minusOneToOne,
        normalizesRealsAndFakesApart: false, drawsFreshLatentsForGenerator: true))
  }

  private static func perceptron(
    from latentDimension: Int, hidden: Int, imageSize: Int
  ) -> Architecture {
    Architecture { layout in
      let weights = Initializer.uniform(-0.05...0.05)
      func dense(_ name: String, from inputs: Int, to outputs: Int) -> Dense {
        Dense(name, from: inputs, to: outputs, initializer: weights, in: &layout)
      }
      return [
        dense("h0", from: latentDimension, to: hidden),
        LeakyReLU(slope: 0),
        dense("h1", from: hidden, to: hidden),
        LeakyReLU(slope: 0),
        dense("y", from: hidden, to: 3 * imageSize * imageSize),
        Reshape(to: [imageSize, imageSize, 3]),
        Tanh(),
      ]
    }
  }

  private static func maxoutNetwork(from pixels: Int, hidden: Int) -> Architecture {
    Architecture { layout in
      let weights = Initializer.uniform(-0.005...0.005)
      func maxout(_ name: String, from inputs: Int) -> Maxout {
        Maxout(name, from: inputs, to: hidden, pieces: 5, initializer: weights, in: &layout)
      }
      return [
        Reshape(to: [pixels]),
        Dropout(rate: 0.2, in: &layout),
        maxout("h0", from: pixels),
        Dropout(rate: 0.5, in: &layout),
        maxout("h1", from: hidden),
        Dropout(rate: 0.5, in: &layout),
        Dense("y", from: hidden, to: 1, initializer: weights, in: &layout),
        Reshape(to: []),
      ]
    }
  }
}
