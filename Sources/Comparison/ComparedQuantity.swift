import Metrics

/// One column of the table: something that models are compared by.
struct ComparedQuantity: Sendable {
  /// Which of two values is the better one.
  enum Preference: Sendable {
    case low, high
    /// The one nearer to that of real portraits.
    case likeReal
    /// Neither.
    case none
  }

  /// The heading in text.
  let heading: String
  /// The heading in a file of columns.
  let column: String
  /// Digits behind the point.
  var decimals = 2
  var preference = Preference.none
  let ofRun: @Sendable (RunResult) -> Double?
  var ofReals: @Sendable (RealBaseline) -> Double? = { _ in nil }

  /// What runs took.
  static let costs = [
    ComparedQuantity(
      heading: "parameters of G", column: "generator_parameters", decimals: 0,
      ofRun: { Double($0.generatorParameters) }),
    ComparedQuantity(
      heading: "of D", column: "discriminator_parameters", decimals: 0,
      ofRun: { Double($0.discriminatorParameters) }),
    ComparedQuantity(
      heading: "real images shown", column: "images", decimals: 0, ofRun: { Double($0.images) }),
    ComparedQuantity(
      heading: "steps of G", column: "steps", decimals: 0, ofRun: { Double($0.step) }),
    ComparedQuantity(
      heading: "minutes", column: "minutes", decimals: 1, ofRun: { $0.trainingSeconds / 60 }),
    ComparedQuantity(
      heading: "images/s", column: "images_per_second", decimals: 0,
      ofRun: { $0.trainingSeconds > 0 ? Double($0.images) / $0.trainingSeconds : nil }),
  ]

  /// What came of it, by what was measured of real portraits.
  static func qualities(like baseline: RealBaseline) -> [ComparedQuantity] {
    let levels = baseline.evaluation.slicedWasserstein?.levels ?? []
    let sliced = levels.indices.map { index in
      ComparedQuantity.measured(
        "SWD \(levels[index].size)", "swd_\(levels[index].size)", decimals: 1, .low
      ) { $0.slicedWasserstein?.levels[index].distance }
    }
    let features = baseline.evaluation.features
    // The notes say what the features are.
    let suffix = features.map { " (\($0.extractor))" } ?? ""
    func name(_ name: String?, _ usual: String) -> String {
      let name = name ?? usual
      return name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : name
    }
    return sliced + [
      .measured("SWD mean", "swd_mean", decimals: 1, .low) { $0.slicedWasserstein?.average },
      .measured("MS-SSIM", "ms_ssim", decimals: 3, .likeReal) { $0.pairSimilarity?.mean },
      .measured(
        name(features?.frechetName, "Fréchet distance"), "frechet", .low
      ) { $0.features?.frechetDistance },
      .measured(
        name(features?.kernelName, "kernel distance") + " × 1000", "kernel_times_1000", .low
      ) { $0.features?.kernelDistance.map { $0.mean * 1000 } },
      .measured("precision", "precision", .high) { $0.features?.coverage?.precision },
      .measured("recall", "recall", .high) { $0.features?.coverage?.recall },
      .measured("density", "density", .high) { $0.features?.coverage?.density },
      .measured("coverage", "coverage", .high) { $0.features?.coverage?.coverage },
      ComparedQuantity(
        heading: "nearest real portrait", column: "nearest_real", decimals: 1,
        ofRun: \.nearestDistance, ofReals: \.nearestDistance),
    ]
  }

  private static func measured(
    _ heading: String, _ column: String, decimals: Int = 2, _ preference: Preference,
    _ value: @escaping @Sendable (Evaluation) -> Double?
  ) -> ComparedQuantity {
    ComparedQuantity(
      heading: heading, column: column, decimals: decimals, preference: preference,
      ofRun: { value($0.evaluation) }, ofReals: { value($0.evaluation) })
  }

  /// Returns which of `means` is the best; nil if no order is meant, or there is nothing to choose.
  func best(of means: [Double?], real: Double?) -> Int? {
    let known = means.indices.filter { means[$0] != nil }
    guard known.count > 1 else { return nil }
    func cost(_ index: Int) -> Double {
      let mean = means[index] ?? .infinity
      return switch preference {
      case .low: mean
      case .high: -mean
      case .likeReal: abs(mean - (real ?? 0))
      case .none: 0
      }
    }
    return preference == .none ? nil : known.min { cost($0) < cost($1) }
  }
}
