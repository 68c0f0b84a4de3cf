import Layers
import Tensors

/// The hinge loss (Lim & Ye, 2017; Miyato et al., 2018): the discriminator cares only for images
/// that are not yet beyond the margins ±1, the generator wants high logits.
public struct Hinge: Objective {
  public var name: ObjectiveName? { .hinge }
  public var lossUnit: String { "logits" }
  public var logitMeaning: LogitMeaning { .side }

  public init() {}

  public func discriminatorLoss(
    realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise
  ) -> Tensor {
    (1 - realLogits).relu().mean() + (fakeLogits + 1).relu().mean()
  }

  public func generatorLoss(fakeLogits: Tensor) -> Tensor { -fakeLogits.mean() }
}
