import Collectives

/// Measures sets of generated images against one set of real images.
///
/// What concerns the real images alone is measured once, however many generators are compared. Every
/// rank makes an evaluator, of the same images, and calls the same methods; results are the same,
/// to the bit, for any number of ranks and threads, where those of the generator are.
public final class Evaluator {
  /// What is being done, and the fraction done; called on every rank.
  public typealias Progress = (_ activity: String, _ fraction: Double) -> Void

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

  /// What the real images measure among themselves.
  /// - Throws: `CollectiveError` if the ranks could not be reached.
  public func reference() throws -> Evaluation.Reference {
    if let knownReference { return knownReference }
    var reference = Evaluation.Reference()
    if metrics.contains(.slicedWasserstein) {
      let activity = begin("sliced Wasserstein distance of two halves of the real images")
      // In memory no longer than it takes: each half has its own shares.
      let half = realImages.count / 2
      let halves = [0..<half, half..<2 * half].map {
        ImageShare(
          of: PartOfImages(realImages, $0), rank: communicator.rank, ranks: communicator.size)
      }
      reference.slicedWasserstein = try SlicedWasserstein(
        of: halves[0], and: halves[1], seed: seed, over: communicator
      ) { report(activity, $0) }
    }
    if metrics.contains(.pairSimilarity) {
      let activity = begin("MS-SSIM of real pairs")
      reference.pairSimilarity = try PairSimilarity(of: reals, over: communicator) {
        report(activity, $0)
      }
    }
    knownReference = reference
    return reference
  }

  /// Measures a set of generated images.
  /// - Parameter generated: at least ``smallestCount`` images of the size of the real ones.
  /// - Throws: `CollectiveError` if the ranks could not be reached, ``FeatureError`` if features are
  ///   not finite.
  public func evaluate(_ generated: any ImageSet) throws -> Evaluation {
    precondition(generated.imageSize == reals.imageSize, "images of another size")
    precondition(generated.count >= Self.smallestCount, "\(generated.count) generated images")
    let share = self.share(of: generated)
    var evaluation = Evaluation(
      generatedCount: share.totalCount, realCount: reals.totalCount, imageSize: reals.imageSize,
      seed: seed, reference: try reference())
    if metrics.contains(.slicedWasserstein) {
      evaluation.slicedWasserstein = try slicedWasserstein(of: share)
    }
    if metrics.contains(.pairSimilarity) {
      let activity = begin("MS-SSIM of generated pairs")
      evaluation.pairSimilarity = try PairSimilarity(of: share, over: communicator) {
        report(activity, $0)
      }
    }
    if metrics.contains(where: \.needsFeatures) { evaluation.features = try features(of: share) }
    return evaluation
  }

  private func begin(_ activity: String) -> String {
    communicator.activity = activity
    progress(activity, 0)
    return activity
  }

  /// Lets the watchdogs of other ranks know, too, that this one gets on.
  private func report(_ activity: String, _ fraction: Double) {
    communicator.activity = "\(activity), \(Int(100 * fraction)) %"
    progress(activity, fraction)
  }

  private func share(of set: any ImageSet) -> ImageShare {
    let activity = begin("making \(set.count) images")
    return ImageShare(of: set, rank: communicator.rank, ranks: communicator.size) {
      report(activity, Double($0) / Double($1))
    }
  }
}

extension Evaluator {
  /// Compares as many images as there are of the rarer kind.
  private func slicedWasserstein(of share: ImageShare) throws -> SlicedWasserstein {
    let count = min(share.totalCount, reals.totalCount)
    let activity = begin("sliced Wasserstein distance of \(count) images of each kind")
    return try SlicedWasserstein(
      of: share.first(count), and: reals.first(count), seed: seed, over: communicator
    ) { report(activity, $0) }
  }

  private func features(of share: ImageShare) throws -> Evaluation.FeatureComparison {
    let ofReals = try knownFeatures ?? features(of: reals, kind: "real")
    knownFeatures = ofReals
    let ofGenerated = try features(of: share, kind: "generated")
    var comparison = Evaluation.FeatureComparison(
      extractor: extractor.name, frechetName: extractor.distanceNames.frechet,
      kernelName: extractor.distanceNames.kernel, featureCount: extractor.featureCount,
      generatedCount: ofGenerated.rows, realCount: ofReals.rows)
    if metrics.contains(.frechet) {
      _ = begin(extractor.distanceNames.frechet)
      comparison.frechetDistance = try communicator.fromRoot {
        let moments = knownMoments ?? FeatureMoments(of: ofReals)
        knownMoments = moments
        return FeatureMoments(of: ofGenerated).frechetDistance(to: moments)
      }
    }
    if metrics.contains(.kernel) {
      _ = begin(extractor.distanceNames.kernel)
      comparison.kernelDistance = try KernelDistance(
        of: ofGenerated, and: ofReals, seed: seed, over: communicator)
    }
    if metrics.contains(.coverage) {
      _ = begin("precision, recall, density and coverage")
      comparison.coverage = try Coverage(of: ofGenerated, among: ofReals, over: communicator)
    }
    return comparison
  }

  private func features(of share: ImageShare, kind: String) throws -> FeatureMatrix {
    let activity = begin("features (\(extractor.name)) of \(share.totalCount) \(kind) images")
    return try FeatureMatrix(of: share, by: extractor, over: communicator) {
      report(activity, $0)
    }
  }
}
