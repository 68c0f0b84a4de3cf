import Layers
import Tensors

/// The original objective with a discriminator that is to be flat at real images (Mescheder,
/// Geiger & Nowozin, 2018).
public struct R1: PenalizedObjective {
  public var penalty: (any Penalty)?
  private let losses = NonSaturating(discriminatorReduction: .sumOfHalves)
  public var name: ObjectiveName? { .r1 }
  public var lossUnit: String { "nats" }
  public var logitMeaning: LogitMeaning { .logOdds }

  /// - Parameter gamma: the weight of half the mean squared length of the gradient.
  public init(gamma: Float = 10) {
    penalty = FlatnessPenalty(weight: gamma)
  }

  public func discriminatorLoss(
    realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise
  ) -> Tensor {
    losses.discriminatorLoss(realLogits: realLogits, fakeLogits: fakeLogits, noise: noise)
  }

  public func generatorLoss(fakeLogits: Tensor) -> Tensor {
    losses.generatorLoss(fakeLogits: fakeLogits)
  }
}

/// γ/2·E‖∇D(x)‖² over real images x.
public struct FlatnessPenalty: Penalty {
  /// γ
  public var weight: Float
  public var interval = 1

  public init(weight: Float) {
    self.weight = weight
  }

  public func callAsFunction(
    reals: Tensor, fakes: Tensor, noise: SampleNoise, judge: (Tensor) -> Tensor
  ) -> Tensor {
    weight / 2 * squaredGradientLengths(at: reals, of: judge).mean()
  }
}
