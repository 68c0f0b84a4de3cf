import CKernels

/// Sums small buffers over the replicas of a network, so that they share batch statistics.
public protocol ReplicaSum: Sendable {
  /// The number of replicas.
  var replicaCount: Int { get }

  /// Replaces `buffer` by its sum over all replicas; every replica calls it in the same order.
  func sum(_ buffer: UnsafeMutableBufferPointer<Float>)
}

/// The statistics of one normalised batch: a row for each group.
public struct BatchStatistics: Sendable {
  /// Means, `[groups, channels]`.
  public let mean: Tensor
  /// Biased variances, `[groups, channels]`.
  public let variance: Tensor
  /// The number of values behind each statistic, over all replicas.
  public let count: Int
}

extension Tensor {
  /// Returns batch-normalised features with a leaky rectifier on top, and the statistics used.
  ///
  /// ŷ = γ·(x − μ)/√(σ² + ε) + β over all but the last dimension (Ioffe & Szegedy, 2015), then
  /// ŷ where positive, else `slope`·ŷ. A slope of 1 leaves out the rectifier.
  /// - Parameters:
  ///   - gamma: scales, `[channels]`.
  ///   - beta: shifts, `[channels]`.
  ///   - groups: consecutive equal parts of the batch that are normalised each by itself.
  ///   - replicas: whom to share statistics with; nil normalises by the local batch.
  public func batchNormalized(
    gamma: Tensor, beta: Tensor, epsilon: Float, groups: Int = 1, slope: Float = 1,
    replicas: (any ReplicaSum)? = nil
  ) -> (features: Tensor, statistics: BatchStatistics) {
    precondition(shape[0] % groups == 0, "a batch of \(shape[0]) has no \(groups) equal groups")
    let channels = shape[rank - 1]
    precondition(
      gamma.shape == [channels] && beta.shape == [channels],
      "gamma \(gamma.shape) and beta \(beta.shape) do not fit features \(shape)")
    let rows = count / channels / groups
    let total = rows * (replicas?.replicaCount ?? 1)
    let x = detached

    func overGroups(_ body: (Int, Int, Int) -> Void) {
      for group in 0..<groups { body(group, group * rows * channels, group * channels) }
    }
    func shared(_ body: (UnsafeMutablePointer<Float>) -> Void) -> Tensor {
      let sums = Tensor(shape: [groups, channels]) {
        body($0.start)
        replicas?.sum($0)
      }
      return sums / Float(total)
    }

    let mean = shared { sums in
      overGroups { ck_sum(sums + $2, x.pointer + $1, 1, rows, channels) }
    }
    let variance = shared { sums in
      overGroups {
        ck_centered_squares(sums + $2, x.pointer + $1, mean.pointer + $2, rows, channels)
      }
    }
    let inverseDeviation =
      Tensor(repeating: 1, shape: variance.shape)
      / (variance + epsilon).squareRoot()
    let scale = inverseDeviation * gamma.detached
    let shift = beta.detached - mean * scale

    func features(of x: Tensor) -> Tensor {
      Tensor(shape: x.shape) { out in
        overGroups {
          ck_scale_shift_rectify(
            out.start + $1, x.pointer + $1, scale.pointer + $2, shift.pointer + $2, rows, channels,
            slope)
        }
      }
    }
    let output = features(of: x).recorded(
      from: [self, gamma, beta], keeping: [.input(0), .input(1), .input(2)],
      remaking: { input in features(of: input(0)) }
    ) { pass in
      if pass.isDifferentiable {
        return pass.gradients { inputs in
          inputs[0].batchNormalizedStepwise(
            gamma: inputs[1], beta: inputs[2], epsilon: epsilon, groups: groups, slope: slope,
            replicas: replicas)
        }
      }
      let (x, gamma, beta, dy) = (pass.input(0), pass.input(1), pass.input(2), pass.upstream)
      // Σg and Σg·x̂ side by side, so that replicas share them in one call.
      let local = Tensor(shape: [2, groups, channels]) { sums in
        overGroups {
          ck_normalization_sums(
            sums.start + $2, sums.start + groups * channels + $2, dy.pointer + $1, x.pointer + $1,
            mean.pointer + $2, inverseDeviation.pointer + $2, gamma.pointer, beta.pointer, rows,
            channels, slope)
        }
      }
      let parameterGradients = local.sum(alongAxes: 1)
      var dx: Tensor?
      if pass.needs[0] {
        let means =
          Tensor(shape: local.shape) { sums in
            _ = sums.initialize(from: local.scalars)
            replicas?.sum(sums)
          } / Float(total)
        dx = Tensor(shape: x.shape) { out in
          overGroups {
            ck_normalization_input_gradient(
              out.start + $1, dy.pointer + $1, x.pointer + $1, mean.pointer + $2,
              inverseDeviation.pointer + $2, gamma.pointer, beta.pointer, means.pointer + $2,
              means.pointer + groups * channels + $2, rows, channels, slope)
          }
        }
      }
      return [
        dx, parameterGradients.sliced(1..<2).reshaped(to: [channels]),
        parameterGradients.sliced(0..<1).reshaped(to: [channels]),
      ]
    }
    return (output, BatchStatistics(mean: mean, variance: variance, count: total))
  }

  /// The same function in small differentiable steps, for gradients of gradients.
  private func batchNormalizedStepwise(
    gamma: Tensor, beta: Tensor, epsilon: Float, groups: Int, slope: Float,
    replicas: (any ReplicaSum)?
  ) -> Tensor {
    let channels = shape[rank - 1]
    let rows = count / channels / groups
    let total = Float(rows * (replicas?.replicaCount ?? 1))
    let x = reshaped(to: [groups, rows, channels])
    let mean = x.sum(alongAxes: 1).summed(over: replicas) / total
    let centered = x - mean
    let variance = centered.squared().sum(alongAxes: 1).summed(over: replicas) / total
    let normalized = centered / (variance + epsilon).squareRoot()
    return (normalized * gamma + beta).leakyReLU(slope: slope).reshaped(to: shape)
  }

  /// Returns the sum of this tensor over all replicas; its gradient is summed likewise.
  private func summed(over replicas: (any ReplicaSum)?) -> Tensor {
    guard let replicas else { return self }
    return Tensor(shape: shape) {
      _ = $0.initialize(from: scalars)
      replicas.sum($0)
    }
    .recorded(from: [self]) { [$0.upstream.summed(over: replicas)] }
  }
}
