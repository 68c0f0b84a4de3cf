import GANs
import Layers
import Tensors
import Wording

/// The table that a run begins with: who trains what on what.
struct StartupReport: CustomStringConvertible {
  let configuration: TrainingConfiguration
  let gan: GAN
  let data: PortraitData
  /// The host of each rank.
  let hosts: [String]
  /// The threads and processor kernels of each rank.
  let compute: [String]
  let schedule: TrainingSchedule
  let totalSteps: Int
  let startingAfter: Int

  var description: String {
    let batch = configuration.optimization.batchSize
    let statistics =
      configuration.optimization.synchronizesBatchStatistics ? "of the whole batch" : "of each rank"
    var rows = [
      ("model", model),
      ("recipe", recipe),
      ("optimizers", optimizers),
      ("ranks", "\(hosts.count) on \(Self.summary(of: hosts))"),
      ("threads", Self.summary(of: compute)),
      ("data", data.summary),
      (
        "batch",
        "\(batch.counted("image")), \(batch / hosts.count) a rank; batch statistics \(statistics)"
      ),
      (
        "training",
        "\(totalSteps.counted("step")), \(epochs) epochs, seed \(configuration.seed)"
          + (startingAfter > 0 ? "; \(startingAfter.counted("step")) done" : "")
      ),
      ("output", configuration.output.path),
    ]
    if let plan = gan.recipe.growth { rows.append(("growth", Self.description(of: plan))) }
    // Whoever goes on with a run has seen its layers.
    let layers =
      startingAfter > 0
      ? []
      : table("generator", gan.generator.layout) + table("discriminator", gan.discriminator.layout)
    let lines =
      layers + rows.map { Self.pad($0, 12) + $1 } + (growthWarning.map { [$0] } ?? [])
    return lines.joined(separator: "\n")
  }

  private var model: String {
    let (generator, discriminator) = (gan.generator.layout, gan.discriminator.layout)
    return """
      \(gan.name), \(gan.imageSize) × \(gan.imageSize) pixels; trainable: generator \
      \(generator.trainableCount.grouped), discriminator \(discriminator.trainableCount.grouped)
      """
  }

  private var recipe: String {
    let objective = gan.recipe.objective
    let halfLife = Int(configuration.optimization.averageHalfLife)
    var parts = ["objective \(objective.name?.rawValue ?? "the model's own")"]
    if let penalty = objective.penalty {
      let interval = penalty.interval == 1 ? "" : " every \(penalty.interval) updates"
      parts.append("penalty × \(penalty.weight)\(interval)")
    }
    parts.append("\(gan.recipe.discriminatorUpdates)")
    if gan.recipe.augmentation != .none {
      let target = gan.recipe.adaptiveAugmentation.map { ", aiming at a mean sign of \($0.target)" }
      parts.append("augmented by \(gan.recipe.augmentation)\(target ?? "")")
    }
    parts.append("half-life of the average \(halfLife.counted("image", grouped: true))")
    return parts.joined(separator: "; ")
  }

  private var optimizers: String {
    let (generator, discriminator) = (
      gan.recipe.generatorOptimizer, gan.recipe.discriminatorOptimizer
    )
    return generator == discriminator
      ? "\(generator)" : "generator \(generator); discriminator \(discriminator)"
  }

  /// The passes over the data that all updates of the discriminator make.
  private var epochs: Double {
    let images = schedule.imagesSeen(before: totalSteps)
    return (Double(images) / Double(data.source.count) * 10).rounded() / 10
  }

  private static func description(of plan: GrowthSchedule) -> String {
    let sides = (plan.startLevel...plan.finalLevel).map { Growth(level: $0).imageSize }
    return """
      pictures of \(sides.map(String.init).joined(separator: ", ")) pixels, each trained on for \
      \(plan.stableImages.counted("image", grouped: true)) and the next faded in over \(plan.fadeImages.grouped); \
      grown up after \(plan.imagesToGrowUp.counted("image", grouped: true))
      """
  }

  /// What is wrong with a run that ends before the networks have grown up.
  private var growthWarning: String? {
    let images = schedule.imagesSeen(before: totalSteps)
    guard let plan = gan.recipe.growth, images <= plan.imagesToGrowUp else { return nil }
    return """
      warning: the run ends after \(images.counted("image", grouped: true)), before the networks have grown \
      up; --growth-images \(plan.phaseImages(inRunOf: images)) leaves most of it for the full size
      """
  }

  /// Returns what the ranks have in common, or else each variety with its number of ranks.
  private static func summary(of ranks: [String]) -> String {
    var varieties: [String] = []
    for rank in ranks where !varieties.contains(rank) { varieties.append(rank) }
    if varieties.count == 1 { return varieties[0] }
    return varieties.map { variety in
      "\(variety) (\(ranks.count { $0 == variety }.counted("rank")))"
    }
    .joined(separator: ", ")
  }

  private func table(_ title: String, _ layout: WeightLayout) -> [String] {
    let nameWidth = (layout.weights.map(\.name.count).max() ?? 0) + 2
    let shapeWidth = 22
    func total(_ name: String, _ count: Int) -> String {
      "  " + Self.pad(name, nameWidth + shapeWidth) + Self.alignedRight(count.grouped, 12)
    }
    return ["\(title) of model \(gan.name)"]
      + layout.weights.map {
        "  " + Self.pad($0.name, nameWidth)
          + Self.pad($0.fileShape.map(String.init).joined(separator: " × "), shapeWidth)
          + Self.alignedRight($0.count.grouped, 12)
      }
      + [
        total("trainable", layout.trainableCount),
        total("with running statistics", layout.parameterCount), "",
      ]
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func alignedRight(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
