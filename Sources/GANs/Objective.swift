import Layers
import Tensors

/// What the two networks play for, as losses to be minimised; both are means over the batch.
public protocol Objective: Sendable {
  /// Returns the discriminator's loss, of rank zero, for its logits on as many real images as
  /// generated ones.
  /// - Parameter noise: random numbers for the samples of the batch.
  func discriminatorLoss(realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise) -> Tensor

  /// Returns the generator's loss, of rank zero, for the discriminator's logits on its images.
  func generatorLoss(fakeLogits: Tensor) -> Tensor
}
