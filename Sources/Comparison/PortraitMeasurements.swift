import Collectives
import Metrics
import Portraits
import Training

/// Measures generators against the real portraits, all alike; what concerns the real ones alone is
/// measured once, and only if it is needed.
final class PortraitMeasurements {
  /// What is found of a trained generator.
  struct Findings {
    var evaluation: Evaluation
    /// The median distance of its portraits from the nearest real one.
    var nearestDistance: Double
    /// The portraits that come nearest to a real one, the nearest first.
    var closest: [NearestPortraits]
  }

  /// The portraits of each kind that a point of a learning curve is found from.
  private static let curveLimit = 1024
  /// The generated portraits whose nearest real ones are looked for, and the real ones.
  private static let searchLimit = 1024
  /// How many generated portraits are remembered with their neighbours, and how many of these.
  static let (closestCount, neighbourCount) = (6, 3)
  /// What latents, patches and subsets follow from: that of `evaluate`, which finds the same
  /// figures.
  static let seed: UInt64 = 1

  private let source: any PortraitSource
  private let extractor: any FeatureExtractor
  private let communicator: any Communicator
  private let generatedCount: Int
  private let stopIfAsked: () throws -> Void
  private let line = ActivityLine()

  /// - Parameter stopIfAsked: called now and then on every rank, at the same places; what it
  ///   throws, on every rank, ends the measurement.
  init(
    _ source: any PortraitSource, options: ComparisonOptions,
    extractor: any FeatureExtractor, over communicator: any Communicator,
    stopIfAsked: @escaping () throws -> Void
  ) {
    (self.source, self.extractor, self.communicator) = (source, extractor, communicator)
    generatedCount = options.evaluationImages ?? Evaluator.usualCount(besideReals: source.count)
    self.stopIfAsked = stopIfAsked
  }

  private lazy var evaluator = evaluator(
    besideReals: Evaluator.usualLimit, metrics: Set(Metric.allCases))
  private lazy var curveEvaluator = evaluator(besideReals: Self.curveLimit, metrics: [])
  private lazy var search = PortraitSearch(in: source)

  private func evaluator(besideReals limit: Int, metrics: Set<Metric>) -> Evaluator {
    Evaluator(
      reals: ShuffledPortraits(source, seed: Self.seed, limit: limit), metrics: metrics,
      extractor: extractor, seed: Self.seed, over: communicator
    ) { [communicator, line, stopIfAsked] in
      if communicator.isRoot { line.report($0, $1) }
      try stopIfAsked()
    }
  }

  /// Measures the real portraits among themselves.
  func baseline() throws -> RealBaseline {
    defer { line.clear() }
    let reference = try evaluator.reference()
    // Halves as large as the sets that a learning curve compares, as far as there are so many.
    let curveReference = try
      (source.count > 2 * Self.curveLimit
      ? evaluator(besideReals: 2 * Self.curveLimit, metrics: []) : evaluator)
      .slicedWassersteinOfHalves()
    var order = Sampler(
      count: source.count, globalBatch: min(source.count, Self.searchLimit), seed: Self.seed)
    let distances = search.distancesToOthers(
      of: order.samples(step: 0, rank: 0, of: 1).map(\.imageIndex))
    return RealBaseline(
      evaluation: reference, nearestDistance: Self.median(of: distances),
      curveReference: curveReference)
  }

  /// Measures a point of a learning curve.
  func slicedWasserstein(of generator: ImageGenerator) throws -> SlicedWasserstein {
    defer { line.clear() }
    return try curveEvaluator.slicedWasserstein(
      of: curveEvaluator.share(
        of: GeneratedPortraits(
          by: generator, count: min(source.count, Self.curveLimit), seed: Self.seed)))
  }

  /// Measures all there is of a trained generator.
  func findings(of generator: ImageGenerator) throws -> Findings {
    defer { line.clear() }
    let portraits = try evaluator.share(
      of: GeneratedPortraits(by: generator, count: generatedCount, seed: Self.seed))
    let evaluation = try evaluator.evaluate(portraits)
    let activity = "nearest real portraits"
    communicator.activity = activity
    if communicator.isRoot { line.report(activity, 0) }
    let nearest = try search.nearest(
      Self.neighbourCount, toEachOf: portraits.first(min(generatedCount, Self.searchLimit)),
      over: communicator)
    let byDistance = nearest.sorted {
      ($0.neighbours[0].distance, $0.picture) < ($1.neighbours[0].distance, $1.picture)
    }
    return Findings(
      evaluation: evaluation,
      nearestDistance: Self.median(of: nearest.map { $0.neighbours[0].distance }),
      closest: Array(byDistance.prefix(Self.closestCount)))
  }

  private static func median(of distances: [Float]) -> Double {
    let sorted = distances.sorted()
    guard let upper = sorted.dropFirst(sorted.count / 2).first else { return 0 }
    let lower = sorted[(sorted.count - 1) / 2]
    return (Double(lower) + Double(upper)) / 2
  }
}
