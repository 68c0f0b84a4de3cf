import Collectives
import Wording

/// Measures sets of generated images against one set of real images.
///
/// What concerns the real images alone is measured once, however many generators are compared.
/// Every rank makes an evaluator, of the same images, and calls the same methods; results are the
/// same, to the bit, for any number of ranks and threads, where those of the generator are.
public final class Evaluator {
  /// What is being done, and the fraction done; called on every rank, equally often and at the same
  /// places, so that it may ask other ranks. What it throws ends the measurement, so that it has to
  /// be thrown on every rank.
  public typealias Progress = (_ activity: String, _ fraction: Double) throws -> Void

  /// The fewest images that all metrics exist for, of each kind.
  public static let smallestCount = 2 * (Coverage.densityNeighbour + 1)

  /// As many images of a kind as PGGAN compares; of a larger data set, that many at random.
  public static let usualLimit = 16_384

  /// Returns how many images are generated to be compared with so many real ones: as many, but at
  /// least 2048, as fewer make figures that vary much from seed to seed.
  public static func usualCount(besideReals count: Int) -> Int {
    min(max(count, 2048), usualLimit)
  }

  private let realImages: any ImageSet
  private let reals: ImageShare
  private let metrics: Set<Metric>
  private let extractor: any FeatureExtractor
  private let seed: UInt64
  private let communicator: any Communicator
  private let progress: Progress
  private var knownReference: Evaluation.Reference?
  private var knownFeatures: FeatureMatrix?
  private var knownMoments: FeatureMoments?

  /// Creates an evaluator.
  /// - Parameters:
  ///   - reals: at least ``smallestCount`` images, in random order (``ShuffledPortraits``).
  ///   - seed: what every random choice follows from.
  public init(
    reals: any ImageSet, metrics: Set<Metric> = Set(Metric.allCases),
    extractor: any FeatureExtractor = RandomConvolutions(), seed: UInt64 = 1,
    over communicator: any Communicator, progress: @escaping Progress = { _, _ in }
  ) {
    precondition(reals.count >= Self.smallestCount, "\(reals.count) real images")
    let (rank, size) = (communicator.rank, communicator.size)
    realImages = reals
    self.reals = ImageShare(of: reals, rank: rank, ranks: size)
    self.metrics = metrics
    self.extractor = extractor
    self.seed = seed
    self.communicator = communicator
    self.progress = progress
  }

  /// Makes this rank's share of a set of generated images, to be measured in several ways.
  /// - Throws: what ``Progress`` throws, as all that follows does.
  public func share(of set: any ImageSet) throws -> ImageShare {
    let activity = try begin("making \(set.count.counted("image"))")
    return try ImageShare(of: set, rank: communicator.rank, ranks: communicator.size) {
      try report(activity, $0)
    }
  }

  /// Makes and measures a set of generated images.
  public func evaluate(_ generated: any ImageSet) throws -> Evaluation {
    try evaluate(share(of: generated))
  }

  /// Measures a set of generated images.
  /// - Parameter generated: at least ``smallestCount`` images of the size of the real ones.
  /// - Throws: `CollectiveError` if the ranks could not be reached, ``FeatureError`` if features
  ///   are not finite.
  public func evaluate(_ generated: ImageShare) throws -> Evaluation {
    precondition(generated.imageSize == reals.imageSize, "images of another size")
    precondition(
      generated.totalCount >= Self.smallestCount, "\(generated.totalCount) generated images")
    var evaluation = Evaluation(
      generatedCount: generated.totalCount, realCount: reals.totalCount,
      imageSize: reals.imageSize, seed: seed, reference: try reference())
    if metrics.contains(.slicedWasserstein) {
      evaluation.slicedWasserstein = try slicedWasserstein(of: generated)
    }
    if metrics.contains(.pairSimilarity) {
      evaluation.pairSimilarity = try pairSimilarity(of: generated, "generated")
    }
    if metrics.contains(where: \.needsFeatures) {
      let realFeatures = try realFeatures()
      evaluation.features = try comparison(
        of: features(of: generated, "generated"), among: realFeatures
      ) {
        let moments = self.knownMoments ?? FeatureMoments(of: realFeatures)
        self.knownMoments = moments
        return moments
      }
    }
    return evaluation
  }

  /// Measures how far generated images are from real ones, as many of each as there are of the
  /// rarer kind.
  public func slicedWasserstein(of generated: ImageShare) throws -> SlicedWasserstein {
    let count = min(generated.totalCount, reals.totalCount)
    return try slicedWasserstein(
      of: generated.first(count), and: reals.first(count), "\(count.counted("image")) of each kind")
  }

  /// What the real images measure among themselves, by the same metrics.
  public func reference() throws -> Evaluation.Reference {
    if let knownReference { return knownReference }
    var reference = Evaluation.Reference()
    if metrics.contains(.slicedWasserstein) {
      reference.slicedWasserstein = try slicedWassersteinOfHalves()
    }
    if metrics.contains(.pairSimilarity) {
      reference.pairSimilarity = try pairSimilarity(of: reals, "real")
    }
    if metrics.contains(where: \.needsFeatures) {
      let all = try realFeatures()
      let features = halves.map { all.rows($0) }
      reference.features = try comparison(of: features[1], among: features[0]) {
        FeatureMoments(of: features[0])
      }
    }
    knownReference = reference
    return reference
  }

  /// Measures how far one half of the real images is from the other.
  public func slicedWassersteinOfHalves() throws -> SlicedWasserstein {
    if let known = knownReference?.slicedWasserstein { return known }
    // In memory no longer than it takes: each half has its own shares.
    let shares = halves.map {
      ImageShare(
        of: PartOfImages(realImages, $0), rank: communicator.rank, ranks: communicator.size)
    }
    return try slicedWasserstein(
      of: shares[0], and: shares[1], "two halves of the real images")
  }
}

extension Evaluator {
  /// The indices of the real images of each half.
  private var halves: [Range<Int>] {
    let half = realImages.count / 2
    return [0..<half, half..<2 * half]
  }

  private func begin(_ activity: String) throws -> String {
    communicator.activity = activity
    try progress(activity, 0)
    return activity
  }

  /// Lets the watchdogs of other ranks know, too, that this one gets on.
  private func report(_ activity: String, _ fraction: Double) throws {
    communicator.activity = "\(activity), \(Int(100 * fraction)) %"
    try progress(activity, fraction)
  }

  private func slicedWasserstein(
    of first: ImageShare, and second: ImageShare, _ what: String
  ) throws -> SlicedWasserstein {
    let activity = try begin("sliced Wasserstein distance of \(what)")
    return try SlicedWasserstein(of: first, and: second, seed: seed, over: communicator) {
      try report(activity, $0)
    }
  }

  private func pairSimilarity(of share: ImageShare, _ kind: String) throws -> PairSimilarity {
    let activity = try begin("MS-SSIM of \(kind) pairs")
    return try PairSimilarity(of: share, over: communicator) { try report(activity, $0) }
  }

  private func features(of share: ImageShare, _ kind: String) throws -> FeatureMatrix {
    let activity = try begin(
      "features (\(extractor.name)) of \(share.totalCount.counted("\(kind) image"))")
    return try FeatureMatrix(of: share, by: extractor, over: communicator) {
      try report(activity, $0)
    }
  }

  private func realFeatures() throws -> FeatureMatrix {
    let features = try knownFeatures ?? features(of: reals, "real")
    knownFeatures = features
    return features
  }

  /// - Parameter realMoments: called on rank 0, if its result is needed.
  private func comparison(
    of generated: FeatureMatrix, among reals: FeatureMatrix, realMoments: () -> FeatureMoments
  ) throws -> Evaluation.FeatureComparison {
    let names = extractor.distanceNames
    var comparison = Evaluation.FeatureComparison(
      extractor: extractor.name, frechetName: names.frechet, kernelName: names.kernel,
      featureCount: extractor.featureCount, generatedCount: generated.rows, realCount: reals.rows)
    if metrics.contains(.frechet) {
      _ = try begin(names.frechet)
      comparison.frechetDistance = try communicator.fromRoot {
        FeatureMoments(of: generated).frechetDistance(to: realMoments())
      }
    }
    if metrics.contains(.kernel) {
      _ = try begin(names.kernel)
      comparison.kernelDistance = try KernelDistance(
        of: generated, and: reals, seed: seed, over: communicator)
    }
    if metrics.contains(.coverage) {
      _ = try begin("precision, recall, density and coverage")
      comparison.coverage = try Coverage(of: generated, among: reals, over: communicator)
    }
    return comparison
  }
}
