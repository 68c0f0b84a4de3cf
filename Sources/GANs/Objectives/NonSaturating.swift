import Layers
import Tensors

/// The original objective of Goodfellow et al. (2014), in the form they train with.
///
/// The discriminator minimises binary cross-entropy, −log K(x) − log(1 − K(N(z))) in the paper's
/// letters, and the generator −log K(N(z)). Both are computed from logits, where nothing
/// overflows and no logarithm meets a zero.
public struct NonSaturating: Objective {
  /// How the discriminator's loss is made of the losses on real and on generated images.
  public enum Reduction: Sendable {
    /// The mean over both kinds, which is ln 2 at a guess.
    case meanOfAll
    /// The sum of the two means, which is 2 ln 2 at a guess.
    case sumOfHalves
  }

  public let discriminatorReduction: Reduction
  /// The largest number that is added at random to the labels 1 and 0.
  public let labelNoise: Float
  public var lossUnit: String { "nats" }
  public var logitMeaning: LogitMeaning { .logOdds }

  public var name: ObjectiveName? {
    discriminatorReduction == .sumOfHalves && labelNoise == 0 ? .nonSaturating : nil
  }

  public init(discriminatorReduction: Reduction, labelNoise: Float = 0) {
    self.discriminatorReduction = discriminatorReduction
    self.labelNoise = labelNoise
  }

  public func discriminatorLoss(
    realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise
  ) -> Tensor {
    let sum =
      crossEntropy(realLogits, label: 1, noise: noise, source: 0)
      + crossEntropy(fakeLogits, label: 0, noise: noise, source: 1)
    return switch discriminatorReduction {
    case .meanOfAll: sum / 2
    case .sumOfHalves: sum
    }
  }

  public func generatorLoss(fakeLogits: Tensor) -> Tensor {
    (-fakeLogits).softplus().mean()
  }

  /// −t·log σ(l) − (1 − t)·log(1 − σ(l)) = softplus(l) − t·l
  private func crossEntropy(
    _ logits: Tensor, label: Float, noise: SampleNoise, source: UInt8
  ) -> Tensor {
    guard labelNoise > 0 else {
      return label == 1 ? (-logits).softplus().mean() : logits.softplus().mean()
    }
    let labels = labelNoise * noise.uniform(.labels, source: source, shape: []) + label
    return (logits.softplus() - labels * logits).mean()
  }
}
