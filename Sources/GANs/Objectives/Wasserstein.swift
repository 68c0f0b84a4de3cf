import Layers
import Tensors

/// The Wasserstein distance by a critic with small weights (Arjovsky, Chintala & Bottou, 2017).
///
/// The critic's loss is minus its estimate of the distance. All its weights are clipped after each
/// of its updates, as in the paper's algorithm 1, which keeps its slope bounded.
public struct Wasserstein: Objective {
  public let weightLimit: Float?
  public var lossUnit: String { "critic's score" }
  public var logitMeaning: LogitMeaning { .rank }

  public var name: ObjectiveName? {
    weightLimit == Wasserstein().weightLimit ? .wasserstein : nil
  }

  public init(weightLimit: Float = 0.01) {
    self.weightLimit = weightLimit
  }

  public func discriminatorLoss(
    realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise
  ) -> Tensor {
    fakeLogits.mean() - realLogits.mean()
  }

  public func generatorLoss(fakeLogits: Tensor) -> Tensor { -fakeLogits.mean() }
}

extension GAN {
  /// Checks that clipping the discriminator's weights would limit what its layers compute with.
  /// - Throws: ``ArchitectureError``.
  public func requireWeightLimitToFit() throws {
    guard recipe.objective.weightLimit != nil && discriminator.layout.scalesWeights else { return }
    throw ArchitectureError(
      description:
        "clipped weights keep a critic from being steep, but the discriminator of model \(name) "
        + "scales its weights after that; choose another --objective or --model")
  }
}
