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

  /// What the discriminator's gradient with respect to images costs it; nil for nothing.
  var penalty: (any Penalty)? { get }

  /// The largest magnitude of a weight of the discriminator, to which all are clipped after each
  /// of its updates; nil for no limit.
  var weightLimit: Float? { get }

  /// The name that it can be asked for by; nil if it has other constants than its paper, but for a
  /// penalty's.
  var name: ObjectiveName? { get }

  /// What the losses are measured in.
  var lossUnit: String { get }

  /// What a logit says about an image.
  var logitMeaning: LogitMeaning { get }
}

/// What the logits that an objective makes a discriminator give say about images.
public enum LogitMeaning: Sendable {
  /// The log odds that an image is real: the logistic function makes a probability of them, which
  /// is D(x) in the paper of Goodfellow et al.
  case logOdds
  /// The side that an image is on: real above 0, generated below.
  case side
  /// No more than which of two images is the more real one.
  case rank
}

/// An objective with a penalty, whose strength may be chosen.
public protocol PenalizedObjective: Objective {
  var penalty: (any Penalty)? { get set }
}

extension Objective {
  public var penalty: (any Penalty)? { nil }
  public var weightLimit: Float? { nil }
}
