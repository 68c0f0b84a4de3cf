import GANs
import Metrics

/// What a finished run is compared by, as it is kept in its directory.
public struct RunResult: Codable, Sendable, Equatable {
  public var model: ModelName
  public var seed: UInt64
  /// Steps of the generator.
  public var step: Int
  /// Real images shown to the discriminator.
  public var images: Int
  /// Trainable numbers of the two networks.
  public var generatorParameters, discriminatorParameters: Int
  /// What training took, without measurements.
  public var trainingSeconds: Double
  /// The averaged generator's portraits beside real ones.
  public var evaluation: Evaluation
  /// The median distance of generated portraits from the nearest real one.
  public var nearestDistance: Double
  /// The generated portraits that come nearest to a real one, the nearest first.
  public var closest: [NearestPortraits]

  public init(
    model: ModelName, seed: UInt64, step: Int, images: Int, generatorParameters: Int,
    discriminatorParameters: Int, trainingSeconds: Double, evaluation: Evaluation,
    nearestDistance: Double, closest: [NearestPortraits]
  ) {
    (self.model, self.seed, self.step, self.images) = (model, seed, step, images)
    self.generatorParameters = generatorParameters
    self.discriminatorParameters = discriminatorParameters
    self.trainingSeconds = trainingSeconds
    self.evaluation = evaluation
    self.nearestDistance = nearestDistance
    self.closest = closest
  }
}

/// One point of a run's learning curve.
public struct LearningPoint: Codable, Sendable, Equatable {
  /// Steps of the generator.
  public var step: Int
  /// Real images shown to the discriminator.
  public var images: Int
  public var slicedWasserstein: SlicedWasserstein
}

/// What real portraits measure beside other real ones, which is as good as it gets.
public struct RealBaseline: Codable, Sendable, Equatable {
  public var evaluation: Evaluation.Reference
  /// The median distance of a portrait from the nearest other one.
  public var nearestDistance: Double
  /// Portraits beside as many others: as many as a learning curve compares, as far as there are.
  public var curveReference: SlicedWasserstein

  public init(
    evaluation: Evaluation.Reference, nearestDistance: Double, curveReference: SlicedWasserstein
  ) {
    (self.evaluation, self.nearestDistance) = (evaluation, nearestDistance)
    self.curveReference = curveReference
  }
}

/// What became of a run.
enum RunOutcome: Codable, Sendable {
  case finished(RunResult)
  case diverged(RunFailure)

  var result: RunResult? {
    if case .finished(let result) = self { result } else { nil }
  }

  var failure: RunFailure? {
    if case .diverged(let failure) = self { failure } else { nil }
  }
}

/// Why a run has no result: it diverged, which it would do again.
struct RunFailure: Codable, Sendable, Equatable {
  var model: ModelName
  var seed: UInt64
  /// What happened, in a sentence.
  var sentence: String
}
