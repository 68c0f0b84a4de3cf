import Foundation

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
  /// The mean of the logistic function of real images' logits: D(x), where these are log odds.
  public var realScore: Float
  /// As much of generated images: D(G(z)).
  public var fakeScore: Float
  public var imagesPerSecond: Double
  /// Seconds that the step took on rank 0, in all and in parts.
  public var seconds: Seconds
  /// What tells early whether training goes well; nil in the log of an earlier version.
  public var stability: Stability?

  public struct Stability: Codable, Sendable, Equatable {
    /// The lengths of both averaged gradients; nil if one is not finite.
    public var discriminatorGradientNorm: Float?
    public var generatorGradientNorm: Float?
    /// Mean logits; their difference is a critic's estimate of the Wasserstein distance.
    public var realLogit: Float
    public var fakeLogit: Float
    /// The mean sign of the logits of real images: the overfitting statistic rₜ.
    public var realSign: Float
    /// How likely what the discriminator sees is changed from here on, if that adapts itself.
    public var augmentationProbability: Float?
    /// The objective's penalty, if the step had one.
    public var penalty: Float?
    /// How far networks that grow have grown.
    public var growthLevel: Int?
    public var growthFade: Float?
    /// The weights that layers want to be seen, such as attention's γ, by name.
    public var watched: [String: Float]?

    enum CodingKeys: String, CodingKey {
      case discriminatorGradientNorm = "discriminator_gradient_norm"
      case generatorGradientNorm = "generator_gradient_norm"
      case realLogit = "real_logit"
      case fakeLogit = "fake_logit"
      case realSign = "real_sign"
      case augmentationProbability = "augmentation_probability"
      case penalty
      case growthLevel = "growth_level"
      case growthFade = "growth_fade"
      case watched
    }
  }

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
    case seconds, stability
  }
}

extension LossRecord {
  /// Reads the log of the run in `folder`.
  /// - Throws: ``TrainingError`` if there is none, or nothing in it.
  public static func log(of folder: String) throws -> [LossRecord] {
    let path = RunDirectory(path: folder).log
    guard let data = FileManager.default.contents(atPath: path) else {
      throw TrainingError(.badData, "there is no \(path); name the directory of a run")
    }
    let decoder = JSONDecoder()
    let records = data.split(separator: UInt8(ascii: "\n"))
      .compactMap { try? decoder.decode(LossRecord.self, from: $0) }
    guard !records.isEmpty else {
      throw TrainingError(.badData, "\(path) holds no line of a log; name another run")
    }
    return records
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
