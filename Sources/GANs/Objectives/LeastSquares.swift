import Layers
import Tensors

/// Least squares (Mao et al., 2017), with their labels a = 0, b = c = 1: real images are to be
/// given 1 and generated ones 0, and the generator's are to be given 1.
public struct LeastSquares: Objective {
  public var name: ObjectiveName? { .leastSquares }
  public var lossUnit: String { "squared logits" }
  public var logitMeaning: LogitMeaning { .rank }

  public init() {}

  public func discriminatorLoss(
    realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise
  ) -> Tensor {
    ((realLogits - 1).squared().mean() + fakeLogits.squared().mean()) / 2
  }

  public func generatorLoss(fakeLogits: Tensor) -> Tensor {
    (fakeLogits - 1).squared().mean() / 2
  }
}
