import Tensors

extension TrainingStep {
  /// What one step reports, averaged over all ranks: the discriminator's part is that of its last
  /// update, the penalty that of the last one that is penalised.
  public struct Report: Sendable, Equatable {
    /// Without the penalty; NaN if an update in the step was not made, as its loss or its averaged
    /// gradient was not finite.
    public var discriminatorLoss: Float = 0
    /// NaN if the update was not made.
    public var generatorLoss: Float = 0
    /// The mean of the logistic function of real images' logits. Where these are log odds, it is
    /// the probability that the discriminator gives real images: D(x).
    public var realScore: Float = 0
    /// As much of generated images before the discriminator's update: D(G(z)).
    public var fakeScore: Float = 0
    /// Mean logit of real images; less that of generated ones, it is a critic's estimate of the
    /// Wasserstein distance.
    public var realLogit: Float = 0
    /// Mean logit of generated images.
    public var fakeLogit: Float = 0
    /// The mean sign of the logits of real images, rₜ of Karras et al. (2020): near 1 where the
    /// discriminator knows them by heart.
    public var realSign: Float = 0
    /// The objective's penalty, before it is weighed for the updates that go without; nil if the
    /// step had none.
    public var penalty: Float?
    /// The length of the discriminator's gradient after averaging.
    public var discriminatorGradientNorm: Float = 0
    /// The length of the generator's gradient after averaging.
    public var generatorGradientNorm: Float = 0
    /// True on every rank if any rank asked to stop.
    public var isStopRequested = false

    /// What ranks have to average; the gradients' norms are the same on all.
    var averagedScalars: [Float] {
      get {
        [
          discriminatorLoss, generatorLoss, realScore, fakeScore, realLogit, fakeLogit, realSign,
          penalty ?? 0,
        ]
      }
      set {
        (discriminatorLoss, generatorLoss) = (newValue[0], newValue[1])
        (realScore, fakeScore) = (newValue[2], newValue[3])
        (realLogit, fakeLogit, realSign) = (newValue[4], newValue[5], newValue[6])
        if penalty != nil { penalty = newValue[7] }
      }
    }

    /// Sets what follows from the discriminator's logits.
    mutating func describe(realLogits: Tensor, fakeLogits: Tensor) {
      realScore = realLogits.sigmoid().mean().scalar
      fakeScore = fakeLogits.sigmoid().mean().scalar
      realLogit = realLogits.mean().scalar
      fakeLogit = fakeLogits.mean().scalar
      let signs = realLogits.scalars.map { $0.isNaN ? $0 : $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
      realSign = signs.reduce(0, +) / Float(signs.count)
    }
  }

  /// The number of floats that ranks average beside the running statistics.
  package static let averagedScalarCount = Report().averagedScalars.count + 1
}
