import Wording

/// What can be measured.
public enum Metric: String, Codable, Sendable, CaseIterable {
  /// ``SlicedWasserstein``
  case slicedWasserstein = "swd"
  /// ``PairSimilarity``
  case pairSimilarity = "ms-ssim"
  /// ``FeatureMoments/frechetDistance(to:)``
  case frechet
  /// ``KernelDistance``
  case kernel
  /// ``Coverage``
  case coverage

  /// Whether the metric compares features, which have to be extracted.
  var needsFeatures: Bool { self == .frechet || self == .kernel || self == .coverage }
}

/// What the metrics find.
public protocol MetricFigures {
  /// How far images are from others.
  var slicedWasserstein: SlicedWasserstein? { get }
  /// How much images resemble each other.
  var pairSimilarity: PairSimilarity? { get }
  /// What was found by the features of images.
  var features: Evaluation.FeatureComparison? { get }
}

/// What was measured of a set of generated images, beside real ones.
public struct Evaluation: MetricFigures, Codable, Sendable, Equatable {
  /// The number of images of each kind that there were.
  public var generatedCount, realCount: Int
  /// The side of the images, in pixels.
  public var imageSize: Int
  /// What every random choice follows from.
  public var seed: UInt64
  public var slicedWasserstein: SlicedWasserstein?
  public var pairSimilarity: PairSimilarity?
  public var features: FeatureComparison?
  /// The same of real images alone, to read the others by.
  public var reference: Reference

  /// Distances of two sets of features, and the counts of images they were found from.
  public struct FeatureComparison: Codable, Sendable, Equatable {
    /// What described the images.
    public var extractor: String
    /// What the distances are called; FID and KID with Inception-v3 only.
    public var frechetName, kernelName: String
    public var featureCount: Int
    public var generatedCount, realCount: Int
    public var frechetDistance: Double?
    public var kernelDistance: KernelDistance?
    public var coverage: Coverage?

    /// What people should know who read the Fréchet distance, if it is of few images.
    public var frechetWarning: String? {
      let count = min(generatedCount, realCount)
      guard frechetDistance != nil && count <= featureCount else { return nil }
      return
        "\(frechetName): \(count.counted("image")) have no full covariance of \(featureCount.counted("feature")), so "
        + "that the distance depends on how many there are; compare it at equal counts only"
    }
  }

  /// What real images measure among themselves: one half beside the other, and how much all of them
  /// resemble each other.
  public struct Reference: MetricFigures, Codable, Sendable, Equatable {
    public var slicedWasserstein: SlicedWasserstein?
    public var pairSimilarity: PairSimilarity?
    public var features: FeatureComparison?

    public init() {}
  }
}
