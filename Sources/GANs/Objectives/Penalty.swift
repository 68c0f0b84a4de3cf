import Layers
import Tensors

/// A loss on how steeply the discriminator's judgement changes with the image, for each image by
/// itself: batch statistics, which tie the images of a batch together, are no match for it.
public protocol Penalty: Sendable {
  /// What the penalty is multiplied by: λ or γ in the papers.
  var weight: Float { get set }

  /// The number of the discriminator's updates from one that is penalised to the next, whose
  /// penalty counts so many times (Karras et al., 2020, "lazy regularisation"). Unlike theirs, the
  /// optimizer's step size and β stay what they are.
  var interval: Int { get set }

  /// Returns the penalty, of rank zero: a mean over the batch, which can be differentiated.
  /// - Parameters:
  ///   - reals: real images `[batch, height, width, 3]`.
  ///   - fakes: as many generated images.
  ///   - noise: random numbers for the samples of the batch.
  ///   - judge: the discriminator, which gives images their logits `[batch]`.
  func callAsFunction(
    reals: Tensor, fakes: Tensor, noise: SampleNoise, judge: (Tensor) -> Tensor
  ) -> Tensor
}

/// Returns the squared length of the gradient of `judge` at each of `images`, `[batch]`, as
/// something that can be differentiated with respect to the weights of `judge`.
///
/// It is taken of the sum of all logits, in which each image's own gradient stands by itself if
/// each is judged by itself. Where a few are judged together, as by minibatch standard deviation,
/// it is the gradient of the scores of them all, as in the program of Karras et al. (2018).
func squaredGradientLengths(at images: Tensor, of judge: (Tensor) -> Tensor) -> Tensor {
  let images = images.detached.variable()
  let slopes = gradient(
    of: judge(images).sum(), withRespectTo: [images], differentiable: true)[0]
  return slopes.reshaped(to: [images.shape[0], images.count / images.shape[0]]).squared()
    .sum(alongAxes: 1).reshaped(to: [images.shape[0]])
}

extension GAN {
  /// Checks that the discriminator normalises no image by the others of its batch if the objective
  /// penalises its gradient at each.
  ///
  /// The groups of a few images that `pggan` compares do pass: their penalty is that of its
  /// authors.
  /// - Throws: ``ArchitectureError``.
  public func requirePenaltyToFit() throws {
    guard recipe.objective.penalty != nil && discriminator.layout.normalizesOverBatch,
      !recipe.runsLayersAsInInference
    else { return }
    throw ArchitectureError(
      description:
        "a gradient penalty is an image's own, and the batch normalisation in the discriminator of "
        + "model \(name) ties it to the others; choose another --objective or --model")
  }
}
