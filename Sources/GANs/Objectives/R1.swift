import Layers
import Tensors

/// The original objective with a discriminator that is to be flat at real images (Mescheder,
/// Geiger & Nowozin, 2018).
public struct R1: PenalizedObjective {
  public var penalty: (any Penalty)?
  private let losses = NonSaturating(discriminatorReduction: .sumOfHalves)
  public let lossUnit = "nats"

  /// - Parameters:
  ///   - gamma: the weight of half the mean squared length of the gradient.
  ///   - interval: the number of the discriminator's updates from one that is penalised to the
  ///     next.
  public init(gamma: Float = 10, interval: Int = 1) {
    penalty = FlatnessPenalty(weight: gamma, interval: interval)
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
  public var interval: Int

  public init(weight: Float, interval: Int = 1) {
    precondition(interval > 0, "a penalty counts at least now and then")
    (self.weight, self.interval) = (weight, interval)
  }

  public func callAsFunction(
    reals: Tensor, fakes: Tensor, noise: SampleNoise, judge: (Tensor) -> Tensor
  ) -> Tensor {
    weight / 2 * squaredGradientLengths(at: reals, of: judge).mean()
  }
}
