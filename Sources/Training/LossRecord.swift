/// One line of a run's log.
public struct LossRecord: Codable, Sendable, Equatable {
  /// Steps done.
  public var step: Int
  /// Passes over the data set done, with a fraction.
  public var epoch: Double
  /// Real images seen by all ranks.
  public var images: Int
  public var discriminatorLoss: Float
  public var generatorLoss: Float
  /// Mean D(x).
  public var realScore: Float
  /// Mean D(G(z)).
  public var fakeScore: Float
  public var imagesPerSecond: Double
  /// Seconds that the step took on rank 0, in all and in parts.
  public var seconds: Seconds

  public struct Seconds: Codable, Sendable, Equatable {
    public var step: Double
    public var data: Double
    public var discriminator: Double
    public var generator: Double
    public var optimizer: Double
    public var communication: Double
  }

  enum CodingKeys: String, CodingKey {
    case step, epoch, images
    case discriminatorLoss = "discriminator_loss"
    case generatorLoss = "generator_loss"
    case realScore = "real_score"
    case fakeScore = "fake_score"
    case imagesPerSecond = "images_per_second"
    case seconds
  }
}

extension LossRecord.Seconds {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    step = try container.decode(Double.self, forKey: .step)
    data = try container.decode(Double.self, forKey: .data)
    discriminator = try container.decode(Double.self, forKey: .discriminator)
    generator = try container.decode(Double.self, forKey: .generator)
    // The first version of the log counted the optimizers to the phases.
    optimizer = try container.decodeIfPresent(Double.self, forKey: .optimizer) ?? 0
    communication = try container.decode(Double.self, forKey: .communication)
  }
}
