/// Predicts the time of a training step at any number of ranks.
///
/// A step computes for a time that is linear in the images of a rank, and averages over the ranks
/// what it has to. Ranks are taken for equally fast, links for equally good and not shared.
public struct ScalingModel: Codable, Sendable, Equatable {
  /// A buffer that is averaged in every step.
  public struct Message: Codable, Sendable, Equatable {
    public var bytes: Int
    /// The part of a step's computation that can go on while the buffer is on its way.
    public var hideableShare: Double

    public init(bytes: Int, hideableShare: Double) {
      self.bytes = bytes
      self.hideableShare = hideableShare
    }
  }

  /// What a step computes whatever its number of images: the optimizer, mostly. In seconds.
  public var secondsPerStep: Double
  /// What it computes for each image of a rank, in seconds.
  public var secondsPerImage: Double
  public var messages: [Message]
  public var link: Link
  public var algorithm: AllreduceModel.Algorithm

  public init(
    secondsPerStep: Double, secondsPerImage: Double, messages: [Message], link: Link,
    algorithm: AllreduceModel.Algorithm
  ) {
    self.secondsPerStep = secondsPerStep
    self.secondsPerImage = secondsPerImage
    self.messages = messages
    self.link = link
    self.algorithm = algorithm
  }

  /// A prediction for a number of ranks.
  public struct Prediction: Codable, Sendable, Equatable {
    public var ranks: Int
    /// Images of a rank in a step.
    public var imagesPerRank: Int
    public var computationSeconds: Double
    public var communicationSeconds: Double
    /// What is left of communication where it goes on during the computation that permits it.
    public var exposedSeconds: Double
    public var imagesPerSecond: Double
    public var imagesPerSecondWithOverlap: Double
    /// The images a second, as a fraction of those of as many ranks that need not communicate and,
    /// in strong scaling, lose nothing by smaller shares.
    public var efficiency: Double
    public var efficiencyWithOverlap: Double
  }

  /// Returns the seconds that one rank computes for `images` images.
  public func computation(images: Int) -> Double {
    secondsPerStep + secondsPerImage * Double(images)
  }

  /// Returns the prediction for `ranks` ranks of `imagesPerRank` images each.
  /// - Parameter single: the images of a step of one rank that the efficiency refers to.
  public func prediction(ranks: Int, imagesPerRank: Int, single: Int) -> Prediction {
    let computation = computation(images: imagesPerRank)
    let allreduce = AllreduceModel(over: link, algorithm: algorithm)
    let times = messages.map { allreduce.seconds(bytes: $0.bytes, ranks: ranks) }
    let exposed = zip(messages, times).map { max(0, $1 - $0.hideableShare * computation) }
    let (communication, exposedSum) = (times.reduce(0, +), exposed.reduce(0, +))
    let ideal = Double(ranks * single) / self.computation(images: single)
    let images = Double(ranks * imagesPerRank)
    let rate = images / (computation + communication)
    let overlappedRate = images / (computation + exposedSum)
    return Prediction(
      ranks: ranks, imagesPerRank: imagesPerRank, computationSeconds: computation,
      communicationSeconds: communication, exposedSeconds: exposedSum, imagesPerSecond: rate,
      imagesPerSecondWithOverlap: overlappedRate, efficiency: rate / ideal,
      efficiencyWithOverlap: overlappedRate / ideal)
  }

  /// Returns predictions where every rank has `imagesPerRank` images, however many ranks there are.
  public func weakScaling(imagesPerRank: Int, ranks: [Int] = Self.powers) -> [Prediction] {
    ranks.map { prediction(ranks: $0, imagesPerRank: imagesPerRank, single: imagesPerRank) }
  }

  /// Returns predictions where the ranks share a batch of `images`, as far as it goes round.
  public func strongScaling(images: Int, ranks: [Int] = Self.powers) -> [Prediction] {
    ranks.filter { images.isMultiple(of: $0) }
      .map { prediction(ranks: $0, imagesPerRank: images / $0, single: images) }
  }

  /// 2 to 1024.
  public static let powers = (1...10).map { 1 << $0 }
}
