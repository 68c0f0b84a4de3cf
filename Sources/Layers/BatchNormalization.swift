import Tensors

/// Batch normalisation with a leaky rectifier on top (Ioffe & Szegedy, 2015).
///
/// In training a batch is normalised by its own statistics, those of this rank's share unless
/// the pass names replicas; in inference by running averages of them.
public struct BatchNormalization: Layer {
  /// How the running averages are kept.
  public struct RunningAverage: Sendable {
    /// The weight of a new batch's statistics.
    public var momentum: Float
    /// Whether the variance kept is the unbiased estimate.
    public var isUnbiased: Bool

    /// PyTorch's.
    public static let pyTorch = Self(momentum: 0.1, isUnbiased: true)

    public init(momentum: Float, isUnbiased: Bool) {
      (self.momentum, self.isUnbiased) = (momentum, isUnbiased)
    }
  }

  private let gamma, beta: Weight
  private let runningMean, runningVariance: RunningStatistic
  private let epsilon: Float
  private let average: RunningAverage
  private let slope: Float

  /// Creates the layer for `channels` channels.
  /// - Parameter slope: of the rectifier where its input is negative; 1 leaves it out.
  public init(
    _ name: String, channels: Int, epsilon: Float, average: RunningAverage,
    gammaInitializer: Initializer = .constant(1), slope: Float, in layout: inout WeightLayout
  ) {
    gamma = layout.addWeight(
      "\(name).weight", shape: [channels], initializer: gammaInitializer)
    beta = layout.addWeight("\(name).bias", shape: [channels], initializer: .constant(0))
    runningMean = layout.addStatistic(
      "\(name).running_mean", shape: [channels], initializer: .constant(0))
    runningVariance = layout.addStatistic(
      "\(name).running_var", shape: [channels], initializer: .constant(1))
    layout.noteBatchNormalization()
    self.epsilon = epsilon
    self.average = average
    self.slope = slope
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    guard let training = pass.training else { return normalizedByRunningAverages(input, in: pass) }
    let (features, statistics) = input.batchNormalized(
      gamma: pass[gamma], beta: pass[beta], epsilon: epsilon, groups: training.groups,
      slope: slope, replicas: training.replicas)
    let correction =
      average.isUnbiased ? Float(statistics.count) / Float(max(1, statistics.count - 1)) : 1
    let momentum = training.statisticsMomentum ?? average.momentum
    for group in 0..<training.groups {
      pass.update(
        runningMean, towards: statistics.mean.sliced(group..<group + 1).scalars,
        momentum: momentum)
      pass.update(
        runningVariance,
        towards: (statistics.variance.sliced(group..<group + 1) * correction).scalars,
        momentum: momentum)
    }
    return features
  }

  private func normalizedByRunningAverages(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    let scale = pass[gamma] / (pass[runningVariance] + epsilon).squareRoot()
    let shift = pass[beta] - pass[runningMean] * scale
    return input.normalized(scale: scale, shift: shift, slope: slope)
  }
}
