import GANs

/// The columns of `losses.csv`: those of every run, then what the model has besides.
struct LossTable {
  private typealias Column = (name: String, value: (LossRecord) -> (any CustomStringConvertible)?)

  private let columns: [Column]

  init(for gan: GAN) {
    var columns: [Column] = [
      ("step", { $0.step }), ("epoch", { $0.epoch }), ("images", { $0.images }),
      ("discriminator_loss", { $0.discriminatorLoss }), ("generator_loss", { $0.generatorLoss }),
      ("real_score", { $0.realScore }), ("fake_score", { $0.fakeScore }),
      ("images_per_second", { $0.imagesPerSecond }),
      ("discriminator_gradient_norm", { $0.stability?.discriminatorGradientNorm }),
      ("generator_gradient_norm", { $0.stability?.generatorGradientNorm }),
      ("real_logit", { $0.stability?.realLogit }), ("fake_logit", { $0.stability?.fakeLogit }),
      ("real_sign", { $0.stability?.realSign }),
    ]
    if gan.recipe.adaptiveAugmentation != nil {
      columns.append(("augmentation_probability", { $0.stability?.augmentationProbability }))
    }
    if gan.recipe.objective.penalty != nil {
      columns.append(("penalty", { $0.stability?.penalty }))
    }
    if gan.recipe.growth != nil {
      columns.append(("growth_level", { $0.stability?.growthLevel }))
      columns.append(("growth_fade", { $0.stability?.growthFade }))
    }
    for name in gan.watchedWeightNames {
      columns.append((name, { $0.stability?.watched?[name] }))
    }
    self.columns = columns
  }

  /// The first line.
  var header: String { columns.map(\.name).joined(separator: ",") }

  /// Returns the line of `record`; what it does not know stays empty.
  func line(of record: LossRecord) -> String {
    columns.map { $0.value(record)?.description ?? "" }.joined(separator: ",")
  }

  /// Returns a line of this table or of an earlier version's, which had fewer columns, with one
  /// field for each column.
  func completed(_ line: String) -> String {
    let missing = columns.count - line.split(separator: ",", omittingEmptySubsequences: false).count
    return line + String(repeating: ",", count: max(0, missing))
  }
}

extension GAN {
  fileprivate var watchedWeightNames: [String] {
    [("generator", generator), ("discriminator", discriminator)].flatMap { network, architecture in
      architecture.layout.weights.filter(\.isWatched).map { "\(network).\($0.name)" }
    }
  }
}
