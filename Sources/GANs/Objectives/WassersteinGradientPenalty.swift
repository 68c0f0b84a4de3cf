import Layers
import Tensors

/// The Wasserstein distance by a critic whose slope is held near 1 (Gulrajani et al., 2017).
public struct WassersteinGradientPenalty: PenalizedObjective {
  public var penalty: (any Penalty)?
  /// The weight of the mean square of the critic's scores of real images, which keeps them from
  /// drifting away from zero (Karras et al., 2018); 0 leaves it out.
  public let drift: Float
  public var lossUnit: String { "critic's score" }
  public var logitMeaning: LogitMeaning { .rank }

  public var name: ObjectiveName? { drift == 0 ? .wassersteinGradientPenalty : nil }

  public init(weight: Float = 10, drift: Float = 0) {
    penalty = UnitSlopePenalty(weight: weight)
    self.drift = drift
  }

  public func discriminatorLoss(
    realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise
  ) -> Tensor {
    let loss = fakeLogits.mean() - realLogits.mean()
    return drift > 0 ? loss + drift * realLogits.squared().mean() : loss
  }

  public func generatorLoss(fakeLogits: Tensor) -> Tensor { -fakeLogits.mean() }
}

/// λ·E[(‖∇K(x̂)‖₂ − 1)²], where each x̂ lies at random on the line from a generated image to a real
/// one.
public struct UnitSlopePenalty: Penalty {
  /// λ
  public var weight: Float
  public var interval = 1

  public init(weight: Float) {
    self.weight = weight
  }

  public func callAsFunction(
    reals: Tensor, fakes: Tensor, noise: SampleNoise, judge: (Tensor) -> Tensor
  ) -> Tensor {
    let place = noise.uniform(.interpolation, shape: [1, 1, 1])
    let between = fakes + place * (reals - fakes)
    // The root of zero would have an infinite derivative.
    let lengths = (squaredGradientLengths(at: between, of: judge) + 1e-12).squareRoot()
    return weight * (lengths - 1).squared().mean()
  }
}
