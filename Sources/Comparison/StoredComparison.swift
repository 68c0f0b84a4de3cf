import Foundation
import GANs
import Training
import Wording

/// Under which conditions the runs in a folder are made, so that none is compared with another that
/// had others.
///
/// Models and seeds may be added later.
struct StoredComparison: Codable, Equatable {
  /// Option and value, in the order in which they are compared.
  var conditions: [Condition]
  /// Tells the images of the data set from others.
  var dataDigest: String
  /// The number of ranks, which batch statistics of each rank's share and speed depend on.
  var rankCount: Int
  /// The number of real images of each model's runs, by the model's name, where it was measured.
  var measuredImages: [String: Int] = [:]
  /// How each model's runs are made, by the model's name, where it is known.
  var recipes: [String: [Condition]]? = [:]

  /// The names of the models that runs were begun of.
  var models: Set<String> { Set((recipes ?? [:]).keys) }

  struct Condition: Codable, Equatable {
    var option, value: String
  }

  /// - Parameter features: what tells the network that describes portraits from others; nil is the
  ///   built-in one.
  init(
    _ options: ComparisonOptions, features: String?, machine: Trainer.Machine, dataDigest: String,
    rankCount: Int
  ) {
    let common = options.common
    func text<Value>(_ value: Value?) -> String { value.map { "\($0)" } ?? "(the default)" }
    let budget =
      switch options.budget {
      case .images(let count): ("images", "\(count)")
      case .minutes(let minutes): ("minutes", "\(minutes)")
      }
    conditions = [
      budget,
      ("image-size", "\(common.architecture.imageSize)"),
      ("latent-dim", text(common.architecture.latentDimension)),
      ("feature-maps", "\(common.architecture.featureMaps)"),
      ("batch-size", "\(common.optimization.batchSize)"),
      ("growth-images", text(common.optimization.growthImages)),
      ("diff-augment", text(common.optimization.differentiableAugmentation)),
      ("augment-target", text(common.optimization.augmentationTarget)),
      ("ema-half-life", "\(common.optimization.averageHalfLife)"),
      ("sync-batchnorm", "\(common.optimization.synchronizesBatchStatistics)"),
      ("fit", common.data.fit.rawValue),
      ("background", "\(common.data.background)"),
      ("flip", "\(common.data.flip)"),
      ("rotation", "\(common.data.rotation)"),
      ("scaling", "\(common.data.scaling)"),
      ("curve-points", "\(options.curvePoints)"),
      ("evaluation-images", text(options.evaluationImages)),
      ("features", text(features)),
      ("convolutions", machine.convolutions.rawValue),
      ("gradient-exchange", machine.exchange.format.rawValue),
    ].map(Condition.init)
    self.dataDigest = dataDigest
    self.rankCount = rankCount
  }

  /// Reads what is stored for `output`, or begins with these conditions there.
  /// - Throws: ``TrainingError`` if other conditions are stored, or nothing can be.
  func continued(in output: String) throws -> StoredComparison {
    guard let stored: StoredComparison = try JSONFile.read(Self.file(in: output)) else {
      try write(to: output)
      return self
    }
    try requireConditions(stored.conditions, in: output)
    guard stored.dataDigest == dataDigest else {
      throw TrainingError(
        .usage,
        "\(output) was begun with other portraits; give the same --data, or choose another --output"
      )
    }
    guard stored.rankCount == rankCount else {
      throw TrainingError(
        .usage,
        "\(output) was begun on \(stored.rankCount.counted("rank")), "
          + "not \(rankCount); start it on as many, or choose another --output")
    }
    return stored
  }

  /// Throws ``TrainingError`` if other conditions than these are stored; one that is not stored, as
  /// there was no such option then, was what is the default now.
  private func requireConditions(_ stored: [Condition], in output: String) throws {
    func require(_ isSame: Bool, _ then: Condition, _ now: String) throws {
      guard !isSame else { return }
      throw TrainingError(
        .usage,
        "\(output) was begun with --\(then.option) \(then.value), not \(now); give the same option, "
          + "or choose another --output")
    }
    func value(of option: String, in conditions: [Condition]) -> String? {
      conditions.first { $0.option == option }?.value
    }
    // The budget, which comes first, is one of two options.
    if let then = stored.first, let now = conditions.first {
      try require(then.option == now.option, then, "--\(now.option) \(now.value)")
    }
    let defaults = StoredComparison(
      ComparisonOptions(models: [], budget: .images(0)), features: nil,
      machine: .init(threads: 1, stallTimeout: 1), dataDigest: "", rankCount: 1
    ).conditions
    for now in conditions {
      let then = value(of: now.option, in: stored) ?? value(of: now.option, in: defaults)
      try require(
        then == now.value, .init(option: now.option, value: then ?? "(the default)"), now.value)
    }
  }

  /// Remembers the recipe of a model.
  /// - Throws: ``TrainingError`` if runs were made by another, of an earlier version of the
  ///   program; a part of it that was not known then is let pass.
  mutating func keep(recipe: [Condition], of model: ModelName, in output: String) throws {
    let stored = recipes?[model.rawValue] ?? []
    for now in recipe {
      guard let then = stored.first(where: { $0.option == now.option }), then != now else {
        continue
      }
      throw TrainingError(
        .usage,
        "\(output) was begun with another recipe of \(model.rawValue) (\(now.option): \(then.value), "
          + "not \(now.value)); choose another --output")
    }
    recipes = (recipes ?? [:]).merging([model.rawValue: recipe]) { $1 }
  }

  func write(to output: String) throws {
    try JSONFile.write(self, to: Self.file(in: output))
  }

  private static func file(in output: String) -> String { output + "/comparison.json" }
}
