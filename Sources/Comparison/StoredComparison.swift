import Foundation
import GANs
import Training

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

  struct Condition: Codable, Equatable {
    var option, value: String
  }

  init(_ options: ComparisonOptions, dataDigest: String, rankCount: Int) {
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
      ("features", text(options.features)),
    ].map(Condition.init)
    self.dataDigest = dataDigest
    self.rankCount = rankCount
  }

  /// Reads what is stored for `output`, or begins with these conditions there.
  /// - Throws: ``TrainingError`` if other conditions are stored, or nothing can be.
  func continued(in output: String) throws -> StoredComparison {
    let path = Self.file(in: output)
    guard FileManager.default.fileExists(atPath: path) else {
      do {
        try FileManager.default.createDirectory(
          atPath: output, withIntermediateDirectories: true)
      } catch {
        throw TrainingError.unwritable(output, because: error)
      }
      try write(to: output)
      return self
    }
    guard let stored: StoredComparison = JSONFile.read(path) else {
      throw TrainingError(
        .badData, "\(path) holds no conditions of a comparison; choose another --output")
    }
    for (now, then) in zip(conditions, stored.conditions) where now != then {
      throw TrainingError(
        .usage,
        "\(output) was begun with --\(then.option) \(then.value), not "
          + (now.option == then.option ? now.value : "--\(now.option) \(now.value)")
          + "; give the same option, or choose another --output")
    }
    guard stored.conditions.count == conditions.count, stored.dataDigest == dataDigest else {
      throw TrainingError(
        .usage,
        "\(output) was begun with other portraits; give the same --data, or choose another --output"
      )
    }
    guard stored.rankCount == rankCount else {
      throw TrainingError(
        .usage,
        "\(output) was begun on \(stored.rankCount) \(stored.rankCount == 1 ? "rank" : "ranks"), "
          + "not \(rankCount); start it on as many, or choose another --output")
    }
    return stored
  }

  func write(to output: String) throws {
    try JSONFile.write(self, to: Self.file(in: output))
  }

  private static func file(in output: String) -> String { output + "/comparison.json" }
}
