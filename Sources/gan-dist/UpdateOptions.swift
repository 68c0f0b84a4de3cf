import ArgumentParser
import GANs
import Training

/// What an update is made of, for commands that train one model or several.
struct UpdateOptions: ParsableArguments {
  @Option(help: "Real images per update of the discriminator, over all ranks together.")
  var batchSize = Defaults.optimization.batchSize

  @Option(
    help: """
      Random changes to all that the discriminator sees, against learning few portraits by \
      heart: color,translation,cutout or some of them, or none. (default: the model's own)
      """)
  var diffAugment: DifferentiableAugmentation?

  @Option(
    help: """
      Make those changes no more often than keeps the overfitting statistic r_t at this: 0.5, \
      say. (default: the model's own; with --diff-augment, all images are changed)
      """)
  var augmentTarget: Float?

  @Option(help: "Half-life of the generator's moving average, in images.")
  var emaHalfLife = Defaults.optimization.averageHalfLife

  @Flag(
    inversion: .prefixedNo,
    help: "Normalise by the statistics of the whole batch instead of each rank's share.")
  var syncBatchnorm = Defaults.optimization.synchronizesBatchStatistics

  func apply(to options: inout TrainingConfiguration.OptimizationOptions) {
    options.batchSize = batchSize
    options.differentiableAugmentation = diffAugment
    options.augmentationTarget = augmentTarget
    options.averageHalfLife = emaHalfLife
    options.synchronizesBatchStatistics = syncBatchnorm
  }
}
