/// How likely what the discriminator sees is changed, steered by how well it knows the real images
/// by heart (Karras et al., 2020, "Training Generative Adversarial Networks with Limited Data").
///
/// A discriminator that overfits gives all real images positive logits. The probability rises while
/// the mean sign of these logits, rₜ, is above a target, and falls while it is not, so that images
/// are changed no more than they need to be.
public struct AdaptiveAugmentation: Sendable, Hashable {
  /// The steps that rₜ is averaged over before the probability moves.
  public static let interval = 4

  /// The mean sign that is aimed at: 0 is that of a discriminator that cannot tell, 1 of one that
  /// knows every real image.
  public let target: Float
  /// The real images shown in which the probability can go from 0 to 1. The authors' 500,000 are
  /// for runs of 25 million.
  public let rampImages: Int

  public init(target: Float, rampImages: Int = 60_000) {
    (self.target, self.rampImages) = (target, rampImages)
  }

  /// Returns the probability that follows `probability` after so many real images with this mean
  /// sign.
  public func adjusted(_ probability: Float, meanSign: Float, images: Int) -> Float {
    let change = Float(images) / Float(rampImages)
    return min(1, max(0, probability + (meanSign > target ? change : -change)))
  }
}
