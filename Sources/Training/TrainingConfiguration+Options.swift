import Yams

extension TrainingConfiguration {
  /// Every option that a run depends on by its name on the command line, with its value, in the order
  /// of `--help`. Paths that were not given are left out.
  var optionValues: [(name: String, value: any NodeRepresentable)] {
    var values: [(String, any NodeRepresentable)] = []
    func add(_ name: String, _ value: (any NodeRepresentable)?) {
      if let value { values.append((name, value)) }
    }
    add("data", data.path)
    add("cache", data.cache)
    add("fit", data.fit.rawValue)
    add("background", data.background.description)
    add("painted-count", data.paintedCount)
    add("painted-seed", data.paintedSeed.map(Self.node))
    add("flip", data.flip)
    add("rotation", data.rotation)
    add("scaling", data.scaling)
    add("model", model.rawValue)
    add("image-size", architecture.imageSize)
    add("latent-dim", (try? makeGAN())?.latentDimension)
    add("feature-maps", architecture.featureMaps)
    add("batch-size", optimization.batchSize)
    add("epochs", optimization.epochs)
    add("steps", optimization.steps)
    add("objective", optimization.objective?.rawValue)
    add("critic-updates", optimization.discriminatorUpdates)
    add("diff-augment", optimization.differentiableAugmentation?.description)
    add("growth-images", optimization.growthImages)
    for (name, rate) in learningRates { add(name, rate) }
    add("ema-half-life", optimization.averageHalfLife)
    add("sync-batchnorm", optimization.synchronizesBatchStatistics)
    add("seed", Self.node(seed))
    add("output", output.path)
    add("sample-every", output.sampleEvery)
    add("sample-count", output.sampleCount)
    add("checkpoint-every", output.checkpointEvery)
    add("keep-checkpoints", output.keepCheckpoints)
    add("keep-every", output.keepEvery)
    return values
  }

  private static func node(_ seed: UInt64) -> any NodeRepresentable {
    Int(exactly: seed) ?? String(seed)
  }

  /// The rates that the run is trained with, whoever chose them, by the options that set them.
  private var learningRates: [(name: String, rate: Double?)] {
    guard let recipe = try? makeGAN().recipe else { return [] }
    let rates = [recipe.generatorOptimizer, recipe.discriminatorOptimizer].map {
      Double("\($0.learningRate)")
    }
    return rates[0] == rates[1]
      ? [("learning-rate", rates[0])]
      : [("generator-learning-rate", rates[0]), ("discriminator-learning-rate", rates[1])]
  }
}
