/// Predicts the time of a training step at any number of ranks.
///
/// A step computes for a time that is linear in the images of a rank, and averages over the ranks
/// what it has to. Ranks are taken for equally fast, links for equally good and not shared.
package struct ScalingModel: Codable, Sendable, Equatable {
  /// A buffer that is averaged in every step.
  package struct Message: Codable, Sendable, Equatable {
    package var bytes: Int
    /// The part of a step's computation that can go on while the buffer is on its way.
    package var hideableShare: Double

    package init(bytes: Int, hideableShare: Double) {
      self.bytes = bytes
      self.hideableShare = hideableShare
    }
  }

  /// What a step computes whatever its number of images: the optimizer, mostly. In seconds.
  package var secondsPerStep: Double
  /// What it computes for each image of a rank's batch, in seconds.
  package var secondsPerImage: Double
  package var messages: [Message]
  package var link: Link
  package var algorithm: AllreduceModel.Algorithm
  /// How often a step updates the discriminator, each time with other images.
  package var discriminatorUpdates: Int

  package init(
    secondsPerStep: Double, secondsPerImage: Double, messages: [Message], link: Link,
    algorithm: AllreduceModel.Algorithm, discriminatorUpdates: Int = 1
  ) {
    self.secondsPerStep = secondsPerStep
    self.secondsPerImage = secondsPerImage
    self.messages = messages
    self.link = link
    self.algorithm = algorithm
    self.discriminatorUpdates = discriminatorUpdates
  }

  /// A prediction for a number of ranks.
  package struct Prediction: Codable, Sendable, Equatable {
    package var ranks: Int
    /// Images of a rank in an update.
    package var imagesPerRank: Int
    package var computationSeconds: Double
    package var communicationSeconds: Double
    /// What is left of communication where it goes on during the computation that permits it.
    package var exposedSeconds: Double
    package var imagesPerSecond: Double
    package var imagesPerSecondWithOverlap: Double
    /// The images per second, as a fraction of those of as many ranks that need not communicate
    /// and, in strong scaling, lose nothing by smaller shares.
    package var efficiency: Double
    package var efficiencyWithOverlap: Double
  }

  /// Returns the seconds that one rank computes for `images` images.
  package func computation(images: Int) -> Double {
    secondsPerStep + secondsPerImage * Double(images)
  }

  /// Returns the prediction for `ranks` ranks of `imagesPerRank` images each.
  /// - Parameter single: the images of a step of one rank that the efficiency refers to.
  package func prediction(ranks: Int, imagesPerRank: Int, single: Int) -> Prediction {
    let computation = computation(images: imagesPerRank)
    let allreduce = AllreduceModel(over: link, algorithm: algorithm)
    let times = messages.map { allreduce.seconds(bytes: $0.bytes, ranks: ranks) }
    let exposed = zip(messages, times).map { max(0, $1 - $0.hideableShare * computation) }
    let (communication, exposedSum) = (times.reduce(0, +), exposed.reduce(0, +))
    let ideal = Double(ranks * single * discriminatorUpdates) / self.computation(images: single)
    let images = Double(ranks * imagesPerRank * discriminatorUpdates)
    let rate = images / (computation + communication)
    let overlappedRate = images / (computation + exposedSum)
    return Prediction(
      ranks: ranks, imagesPerRank: imagesPerRank, computationSeconds: computation,
      communicationSeconds: communication, exposedSeconds: exposedSum, imagesPerSecond: rate,
      imagesPerSecondWithOverlap: overlappedRate, efficiency: rate / ideal,
      efficiencyWithOverlap: overlappedRate / ideal)
  }

  /// Returns predictions where every rank has `imagesPerRank` images, however many ranks there are.
  package func weakScaling(imagesPerRank: Int, ranks: [Int] = Self.powers) -> [Prediction] {
    ranks.map { prediction(ranks: $0, imagesPerRank: imagesPerRank, single: imagesPerRank) }
  }

  /// Returns predictions where the ranks share a batch of `images`, as far as it goes round.
  /// - Parameter multiple: the number that the images of a rank have to be a multiple of.
  package func strongScaling(
    images: Int, multiple: Int = 1, ranks: [Int] = Self.powers
  ) -> [Prediction] {
    ranks.filter { images.isMultiple(of: $0 * multiple) }
      .map { prediction(ranks: $0, imagesPerRank: images / $0, single: images) }
  }

  /// 2 to 1024.
  package static let powers = (1...10).map { 1 << $0 }
}
