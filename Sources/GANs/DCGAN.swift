import Layers

extension GAN {
  /// The deep convolutional GAN of Radford, Metz & Chintala (2016), with the kernels, widths and
  /// names of PyTorch's example.
  ///
  /// Both networks halve or double the picture with 4 × 4 kernels and stride 2; larger images
  /// take more such blocks. Side lengths are powers of two from 32 to 256.
  static func dcgan(_ options: ArchitectureOptions) throws -> GAN {
    let adam = OptimizerRule.adam(learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8)
    let networks = try StridedNetworks(of: .dcgan, options)
    return networks.gan(
      discriminatorNormalization: .batch,
      recipe: Recipe(
        objective: NonSaturating(discriminatorReduction: .sumOfHalves), generatorOptimizer: adam,
        discriminatorOptimizer: adam, pixelRange: .minusOneToOne,
        normalizesRealsAndFakesApart: true, drawsFreshLatentsForGenerator: false))
  }
}
