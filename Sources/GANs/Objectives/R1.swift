import Layers
import Tensors

/// The original objective with a discriminator that is to be flat at real images (Mescheder,
/// Geiger & Nowozin, 2018).
public struct R1: Objective {
  public let penalty: (any Penalty)?
  private let losses = NonSaturating(discriminatorReduction: .sumOfHalves)

  /// - Parameters:
  ///   - gamma: the weight of half the mean squared length of the gradient.
  ///   - interval: the number of the discriminator's updates from one that is penalised to the
  ///     next.
  public init(gamma: Float = 10, interval: Int = 1) {
    penalty = FlatnessPenalty(gamma: gamma, interval: interval)
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
  public let gamma: Float
  public let interval: Int

  public init(gamma: Float, interval: Int = 1) {
    precondition(interval > 0, "a penalty counts at least now and then")
    (self.gamma, self.interval) = (gamma, interval)
  }

  public func callAsFunction(
    reals: Tensor, fakes: Tensor, noise: SampleNoise, judge: (Tensor) -> Tensor
  ) -> Tensor {
    gamma / 2 * squaredGradientLengths(at: reals, of: judge).mean()
  }
}
