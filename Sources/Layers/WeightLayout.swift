import Tensors

/// A handle on one of a network's weights.
public struct Weight: Sendable, Hashable {
  let index: Int
}

/// A handle on running statistics that a layer keeps beside its weights.
public struct RunningStatistic: Sendable, Hashable {
  let index: Int
}

/// What a network consists of: every weight and running statistic, by name, in order.
///
/// Layers add what they need when they are created; ``NetworkState`` then gives each a place in
/// a flat buffer. The names and the order of dimensions in files are PyTorch's.
public struct WeightLayout: Sendable {
  /// The order of dimensions of a weight in memory and in files.
  public enum Arrangement: Sendable {
    /// The same in both.
    case plain
    /// `[kernel, kernel, in, out]` in memory, `[out, in, kernel, kernel]` in files.
    case convolution
    /// `[in, out]` in memory, `[out, in]` in files.
    case dense

    /// Dimension i in a file is dimension `fileOrder[i]` in memory; nil where nothing moves.
    public var fileOrder: [Int]? {
      switch self {
      case .plain: nil
      case .convolution: [3, 2, 0, 1]
      case .dense: [1, 0]
      }
    }
  }

  /// One weight or running statistic.
  public struct Entry: Sendable {
    public let name: String
    /// The shape in memory.
    public let shape: [Int]
    public let arrangement: Arrangement
    public let initializer: Initializer
    /// Whether training logs its value, which is a single number.
    public let isWatched: Bool

    /// The shape in files.
    public var fileShape: [Int] { arrangement.fileOrder?.map { shape[$0] } ?? shape }

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
  }

  /// The trainable weights.
  public private(set) var weights: [Entry] = []
  /// The running statistics, which are not trained.
  public private(set) var statistics: [Entry] = []
  /// Whether a layer normalises by statistics of the batch, so that what becomes of one sample
  /// depends on the others.
  public private(set) var normalizesOverBatch = false
  /// Whether a layer computes with a multiple of its weights, so that their own size says little.
  public private(set) var scalesWeights = false
  /// What the number of samples of a batch must be a multiple of: on each rank, and in each of the
  /// groups that a pass divides it into.
  public private(set) var batchMultiple = 1
  /// The weights with spectral normalisation.
  private(set) var spectralNorms: [SpectralNorm] = []
  private var noiseSources: UInt8 = 0

  public init() {}

  /// The number of elements in all weights and running statistics.
  public var parameterCount: Int { trainableCount + statistics.reduce(0) { $0 + $1.count } }

  /// The number of elements in all weights.
  public var trainableCount: Int { weights.reduce(0) { $0 + $1.count } }

  /// - Parameter isWatched: whether training logs the weight, which is then a single number.
  mutating func addWeight(
    _ name: String, shape: [Int], arrangement: Arrangement = .plain, initializer: Initializer,
    isWatched: Bool = false
  ) -> Weight {
    weights.append(
      Entry(
        name: name, shape: shape, arrangement: arrangement, initializer: initializer,
        isWatched: isWatched))
    return Weight(index: weights.count - 1)
  }

  mutating func addStatistic(
    _ name: String, shape: [Int], initializer: Initializer
  ) -> RunningStatistic {
    statistics.append(
      Entry(
        name: name, shape: shape, arrangement: .plain, initializer: initializer, isWatched: false))
    return RunningStatistic(index: statistics.count - 1)
  }

  mutating func addSpectralNorm(_ norm: SpectralNorm) { spectralNorms.append(norm) }

  /// Says that a layer normalises by statistics of the batch.
  mutating func noteBatchNormalization() { normalizesOverBatch = true }

  /// Says that a layer computes with a multiple of its weights.
  mutating func noteWeightScaling() { scalesWeights = true }

  /// Demands batches of a multiple of `count` samples, besides what other layers demand.
  mutating func requireBatches(ofMultiplesOf count: Int) {
    let product = batchMultiple * count
    var (divisor, rest) = (batchMultiple, count)
    while rest > 0 { (divisor, rest) = (rest, divisor % rest) }
    batchMultiple = product / divisor
  }

  /// Returns a number that tells a layer's random numbers from those of the other layers.
  mutating func addNoiseSource() -> UInt8 {
    defer { noiseSources += 1 }
    return noiseSources
  }
}
