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

/// What was measured of a set of generated images, beside real ones.
public struct Evaluation: Codable, Sendable, Equatable {
  /// The number of images of each kind that there were.
  public var generatedCount, realCount: Int
  /// The side of the images, in pixels.
  public var imageSize: Int
  /// What every random choice follows from.
  public var seed: UInt64
  /// How far generated images are from real ones.
  public var slicedWasserstein: SlicedWasserstein?
  /// How much generated images resemble each other.
  public var pairSimilarity: PairSimilarity?
  /// What was found by the features of images.
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
  }

  /// What real images measure among themselves.
  public struct Reference: Codable, Sendable, Equatable {
    /// The distance of one half of the images from the other.
    ///
    /// Halves are smaller than the whole, so that the distance is greater than what a perfect
    /// generator would be at.
    public var slicedWasserstein: SlicedWasserstein?
    /// How much real images resemble each other.
    public var pairSimilarity: PairSimilarity?

    public init() {}
  }
}
