import Collectives
import Metrics
import Portraits
import Training

/// Measures generators against the real portraits, all alike; what concerns the real ones alone is
/// measured once, and only if it is needed.
final class PortraitMeasurements {
  /// The portraits of each kind that a point of a learning curve is found from.
  private static let curveLimit = 1024
  /// The generated portraits whose nearest real ones are looked for, and the real ones.
  private static let searchLimit = 1024
  /// How many generated portraits are remembered with their neighbours, and how many of these.
  static let (closestCount, neighbourCount) = (6, 3)
  /// Fewer real portraits have no halves to compare.
  static let smallestCount = 2 * Evaluator.smallestCount
  /// What latents, patches and subsets follow from: that of `evaluate`, which finds the same figures.
  static let seed: UInt64 = 1

  private let source: any PortraitSource
  private let extractor: any FeatureExtractor
  private let communicator: any Communicator
  private let generatedCount: Int
  private let line = ActivityLine()

  init(
    _ source: any PortraitSource, options: ComparisonOptions,
    extractor: any FeatureExtractor, over communicator: any Communicator
  ) {
    (self.source, self.extractor, self.communicator) = (source, extractor, communicator)
    generatedCount = options.evaluationImages ?? Evaluator.usualCount(besideReals: source.count)
  }

  private lazy var reals = ShuffledPortraits(source, seed: Self.seed, limit: Evaluator.usualLimit)
  private lazy var evaluator = evaluator(of: reals, metrics: Set(Metric.allCases))
  private lazy var curveEvaluator = evaluator(
    of: ShuffledPortraits(source, seed: Self.seed, limit: Self.curveLimit),
    metrics: [.slicedWasserstein])
  private lazy var search = PortraitSearch(in: source)

  private func evaluator(of reals: any ImageSet, metrics: Set<Metric>) -> Evaluator {
    Evaluator(
      reals: reals, metrics: metrics, extractor: extractor, seed: Self.seed, over: communicator
    ) { [communicator, line] in if communicator.isRoot { line.report($0, $1) } }
  }

  /// Measures one half of the real portraits beside the other.
  func baseline() throws -> RealBaseline {
    defer { line.clear() }
    let half = reals.count / 2
    var evaluation = try evaluator(
      of: PartOfImages(reals, 0..<half), metrics: [.frechet, .kernel, .coverage]
    ).evaluate(PartOfImages(reals, half..<2 * half))
    let reference = try evaluator.reference()
    evaluation.slicedWasserstein = reference.slicedWasserstein
    evaluation.pairSimilarity = reference.pairSimilarity
    var order = Sampler(
      count: source.count, globalBatch: min(source.count, Self.searchLimit), seed: Self.seed)
    let distances = search.distancesToOthers(
      of: order.samples(step: 0, rank: 0, of: 1).map(\.imageIndex))
    return RealBaseline(
      evaluation: evaluation, nearestDistance: Self.median(of: distances),
      curveReference: try curveReference())
  }

  /// Measures real portraits beside others as a learning curve is measured.
  private func curveReference() throws -> SlicedWasserstein {
    let activity = "sliced Wasserstein distance of real images for the learning curves"
    communicator.activity = activity
    let count = min(Self.curveLimit, reals.count / 2)
    let parts = [0..<count, count..<2 * count].map {
      ImageShare(
        of: PartOfImages(reals, $0), rank: communicator.rank, ranks: communicator.size)
    }
    return try SlicedWasserstein(
      of: parts[0], and: parts[1], seed: Self.seed, over: communicator
    ) { [communicator, line] in if communicator.isRoot { line.report(activity, $0) } }
  }

  /// Measures a point of a learning curve.
  func slicedWasserstein(of generator: ImageGenerator) throws -> SlicedWasserstein? {
    defer { line.clear() }
    let portraits = GeneratedPortraits(
      by: generator, count: min(source.count, Self.curveLimit), seed: Self.seed)
    return try curveEvaluator.evaluate(portraits).slicedWasserstein
  }

  /// Measures all there is of a trained generator.
  func evaluation(of generator: ImageGenerator) throws -> Evaluation {
    defer { line.clear() }
    return try evaluator.evaluate(
      GeneratedPortraits(by: generator, count: generatedCount, seed: Self.seed))
  }

  /// Looks for the real portraits nearest to generated ones.
  /// - Returns: the median distance, and the generated portraits that come nearest.
  func neighbours(
    of generator: ImageGenerator
  ) throws -> (medianDistance: Double, closest: [NearestPortraits]) {
    defer { line.clear() }
    let activity = "nearest real portraits"
    communicator.activity = activity
    if communicator.isRoot { line.report(activity, 0) }
    let share = ImageShare(
      of: GeneratedPortraits(
        by: generator, count: min(generatedCount, Self.searchLimit), seed: Self.seed),
      rank: communicator.rank, ranks: communicator.size)
    let found = try search.nearest(Self.neighbourCount, toEachOf: share, over: communicator)
    let byDistance = found.sorted {
      ($0.neighbours[0].distance, $0.picture) < ($1.neighbours[0].distance, $1.picture)
    }
    return (
      Self.median(of: found.map { $0.neighbours[0].distance }),
      Array(byDistance.prefix(Self.closestCount))
    )
  }

  private static func median(of distances: [Float]) -> Double {
    let sorted = distances.sorted()
    guard let upper = sorted.dropFirst(sorted.count / 2).first else { return 0 }
    let lower = sorted[(sorted.count - 1) / 2]
    return (Double(lower) + Double(upper)) / 2
  }
}
