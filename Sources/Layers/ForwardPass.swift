import Tensors

/// The circumstances of one pass of a batch through a network.
public struct ForwardPass: Sendable {
  /// What sets training apart from inference.
  public struct Training: Sendable {
    /// Where dropout takes its random numbers; nil leaves dropout out.
    public var noise: SampleNoise?
    /// Consecutive equal parts of the batch with batch statistics of their own.
    public var groups: Int
    /// The replicas that batch statistics are shared with; nil keeps them local.
    public var replicas: (any ReplicaSum)?
    /// The weight of this batch in the running statistics; nil is each layer's own.
    public var statisticsMomentum: Float?
    /// Whether layers with spectral normalisation take a step of their power iteration: in one pass
    /// for each update of this network, and in none that is made for another one.
    public var updatesSpectralNorms: Bool

    public init(
      noise: SampleNoise?, groups: Int = 1, replicas: (any ReplicaSum)? = nil,
      statisticsMomentum: Float? = nil, updatesSpectralNorms: Bool = false
    ) {
      self.noise = noise
      self.groups = groups
      self.replicas = replicas
      self.statisticsMomentum = statisticsMomentum
      self.updatesSpectralNorms = updatesSpectralNorms
    }
  }

  private let weights: [Tensor]
  private let statistics: TensorBuffer
  /// Nil in inference, which uses running statistics and no dropout.
  public let training: Training?
  /// How far the network has grown; nil for a network of one size.
  public let growth: Growth?

  /// Creates an inference pass with `state`.
  public init(inferenceWith state: NetworkState, growth: Growth? = nil) {
    weights = state.weights.tensors
    statistics = state.statistics
    training = nil
    self.growth = growth
  }

  /// Creates a training pass, which updates the running statistics of `state`.
  /// - Parameters:
  ///   - training: nil lets layers work as they do in inference.
  ///   - weights: the weights of `state`, as variables where gradients are wanted.
  public init(
    training: Training?, state: NetworkState, weights: [Tensor], growth: Growth? = nil
  ) {
    self.weights = weights
    statistics = state.statistics
    self.training = training
    self.growth = growth
  }

  subscript(weight: Weight) -> Tensor { weights[weight.index] }

  subscript(statistic: RunningStatistic) -> Tensor { statistics.tensors[statistic.index] }

  /// Moves a running statistic towards `value` by the fraction `momentum`.
  func update(_ statistic: RunningStatistic, towards value: [Float], momentum: Float) {
    statistics.withMutableScalars(of: statistic.index) { running in
      for index in running.indices {
        // In this form a momentum of 1 leaves no trace of the number that was there.
        running[index] = (1 - momentum) * running[index] + momentum * value[index]
      }
    }
  }
}
