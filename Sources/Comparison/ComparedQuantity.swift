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
  /// The standard error of one run's value, where it is known.
  var errorOfRun: @Sendable (RunResult) -> Double? = { _ in nil }
  var ofReals: @Sendable (RealBaseline) -> Double? = { _ in nil }
  /// How the value of real portraits reads beside those of runs.
  var bound: @Sendable (Evaluation, RealBaseline) -> ReferenceBound = { _, _ in .equal }

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
        "SWD \(levels[index].size)", "swd_\(levels[index].size)", decimals: 1, .low,
        bound: Evaluation.slicedWassersteinBound
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
      .measured(
        "SWD mean", "swd_mean", decimals: 1, .low, bound: Evaluation.slicedWassersteinBound
      ) { $0.slicedWasserstein?.average },
      .measured(
        "MS-SSIM", "ms_ssim", decimals: 3, .likeReal, error: { $0.pairSimilarity?.standardError }
      ) { $0.pairSimilarity?.mean },
      .measured(
        name(features?.frechetName, "Fréchet distance"), "frechet", .low,
        bound: Evaluation.frechetBound
      ) { $0.features?.frechetDistance },
      .measured(
        name(features?.kernelName, "kernel distance") + " × 1000", "kernel_times_1000", .low
      ) { $0.features?.kernelDistance.map { $0.mean * 1000 } },
      .measured("precision", "precision", .high) { $0.features?.coverage?.precision },
      .measured("recall", "recall", .high) { $0.features?.coverage?.recall },
      .measured("density", "density", .high) { $0.features?.coverage?.density },
      .measured(
        "coverage", "coverage", .high, bound: Evaluation.coverageBound
      ) { $0.features?.coverage?.coverage },
      ComparedQuantity(
        heading: "nearest real portrait", column: "nearest_real", decimals: 1,
        ofRun: \.nearestDistance, ofReals: \.nearestDistance),
    ]
  }

  private static func measured(
    _ heading: String, _ column: String, decimals: Int = 2, _ preference: Preference,
    bound: @escaping @Sendable (Evaluation) -> (Evaluation.Reference) -> ReferenceBound = { _ in
      { _ in .equal }
    },
    error: @escaping @Sendable (any MetricFigures) -> Double? = { _ in nil },
    _ value: @escaping @Sendable (any MetricFigures) -> Double?
  ) -> ComparedQuantity {
    ComparedQuantity(
      heading: heading, column: column, decimals: decimals, preference: preference,
      ofRun: { value($0.evaluation) }, errorOfRun: { error($0.evaluation) },
      ofReals: { value($0.evaluation) }, bound: { bound($0)($1.evaluation) })
  }

  /// Returns which of several models is the best: the one of which each run is better than any of
  /// the others', by more than standard errors; nil if there is none, or if a model has a single
  /// run, which does not say how far another would be from it.
  /// - Parameter models: the results of each.
  func best(of models: [[RunResult]], like baseline: RealBaseline) -> Int? {
    let costs = models.map { $0.compactMap { cost(of: $0, like: baseline) } }
    guard preference != .none, models.count > 1, costs.allSatisfy({ $0.count > 1 }) else {
      return nil
    }
    return costs.indices.first { index in
      let worst = costs[index].map(\.upperBound).max() ?? .infinity
      return costs.indices.allSatisfy { other in
        other == index || costs[other].allSatisfy { worst < $0.lowerBound }
      }
    }
  }

  /// Returns how far from the best value a run's is, give or take its standard error.
  private func cost(of run: RunResult, like baseline: RealBaseline) -> ClosedRange<Double>? {
    guard let value = ofRun(run), value.isFinite else { return nil }
    let error = errorOfRun(run) ?? 0
    let cost =
      switch preference {
      case .low: value
      case .high: -value
      case .likeReal: abs(value - (ofReals(baseline) ?? 0))
      case .none: 0.0
      }
    return cost - error...cost + error
  }
}
