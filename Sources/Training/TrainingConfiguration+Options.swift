import GANs
import Yams

extension TrainingConfiguration {
  /// Every option that a run depends on by its name on the command line, with its value, in the
  /// order of `--help`. Left out are paths that were not given, and what of the model no option
  /// describes.
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
    let gan = try? makeGAN()
    add("latent-dim", gan?.latentDimension)
    add("feature-maps", architecture.featureMaps)
    add("batch-size", optimization.batchSize)
    add("epochs", optimization.epochs)
    add("steps", optimization.steps)
    if let recipe = gan?.recipe {
      recipe.modelChoices.forEach { add($0.name, $0.value) }
      recipe.learningRates.forEach { add($0.name, $0.value) }
    }
    add("ema-half-life", optimization.averageHalfLife)
    add("sync-batchnorm", optimization.synchronizesBatchStatistics)
    add("on-divergence", optimization.divergencePolicy.rawValue)
    add("skip-limit", optimization.skipsAllowed)
    add("seed", Self.node(seed))
    add("output", output.path)
    add("sample-every", output.sampleEvery)
    add("sample-count", output.sampleCount)
    add("checkpoint-every", output.checkpointEvery)
    add("keep-checkpoints", output.keepCheckpoints)
    add("keep-every", output.keepEvery)
    return values
  }

  /// Says which options are others than those of `earlier`, of all that change how training goes
  /// on; nil if none is.
  func changes(since earlier: TrainingConfiguration) -> String? {
    var earlier = earlier
    earlier.output = output
    (earlier.data.path, earlier.data.cache) = (data.path, data.cache)
    (earlier.optimization.epochs, earlier.optimization.steps) =
      (optimization.epochs, optimization.steps)
    let (now, then) = (optionTexts, earlier.optionTexts)
    let changes = Set(now.keys).union(then.keys).sorted().filter { now[$0] != then[$0] }.map {
      "--\($0) was \(then[$0] ?? "not given"), is \(now[$0] ?? "not given")"
    }
    return changes.isEmpty
      ? nil : "changed since the checkpoint: \(changes.joined(separator: "; "))"
  }

  private var optionTexts: [String: String] {
    Dictionary(uniqueKeysWithValues: optionValues.map { ($0.name, "\($0.value)") })
  }

  private static func node(_ seed: UInt64) -> any NodeRepresentable {
    Int(exactly: seed) ?? String(seed)
  }
}

extension GAN.Recipe {
  /// What the model chooses unless an option does, whoever chose it, by the names of the options;
  /// nil where the recipe has nothing that the option would set, or what no option describes.
  var modelChoices: [(name: String, value: (any NodeRepresentable)?)] {
    let updates: Int? =
      if case .constant(let number) = discriminatorUpdates { number } else { nil }
    return [
      ("objective", objective.name?.rawValue),
      ("penalty-weight", objective.penalty.flatMap { Double("\($0.weight)") }),
      ("penalty-every", objective.penalty?.interval),
      ("critic-updates", updates),
      ("diff-augment", augmentation.description),
      ("augment-target", adaptiveAugmentation.flatMap { Double("\($0.target)") }),
      ("growth-images", growth?.stableImages),
    ]
  }

  /// The rates that the run is trained with, whoever chose them, by the options that set them.
  fileprivate var learningRates: [(name: String, value: Double?)] {
    let rates = [generatorOptimizer, discriminatorOptimizer].map { Double("\($0.learningRate)") }
    return rates[0] == rates[1]
      ? [("learning-rate", rates[0])]
      : [("generator-learning-rate", rates[0]), ("discriminator-learning-rate", rates[1])]
  }
}
