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

    let (mean, variance) = x.batchMoments(groups: groups, replicas: replicas)
    let inverseDeviation =
      Tensor(repeating: 1, shape: variance.shape)
      / (variance + epsilon).squareRoot()
    let scale = inverseDeviation * gamma.detached
    let shift = beta.detached - mean * scale

    let passes = NormalizationPasses(
      rows: rows, mean: mean, scale: scale, shift: shift, slope: slope)
    let output = passes.features(of: x).recorded(
      from: [self, gamma, beta], keeping: [.input(0), .input(1), .input(2)],
      remaking: { input in passes.features(of: input(0)) }
    ) { pass in
      if pass.isDifferentiable {
        return pass.gradients { inputs in
          inputs[0].batchNormalizedStepwise(
            gamma: inputs[1], beta: inputs[2], epsilon: epsilon, groups: groups, slope: slope,
            replicas: replicas)
        }
      }
      let x = pass.input(0)
      // Σg and Σg·x̂ side by side, so that replicas share them in one call.
      let (g, gCentered) = passes.sums(of: pass.upstream, at: x)
      let local = Tensor.concatenated([g, gCentered * inverseDeviation])
        .reshaped(to: [2, groups, channels])
      let parameterGradients = local.sum(alongAxes: 1)
      var dx: Tensor?
      if pass.needs[0] {
        let means = local.summed(over: replicas) / Float(total)
        let slopeOfX = -(scale * inverseDeviation * means.sliced(1..<2))
        let offset = -(scale * means.sliced(0..<1))
        dx = pass.overwritingUpstream {
          passes.writeInputGradient($0, of: $1, at: x, slopeOfX: slopeOfX, offset: offset)
        }
      }
      return [
        dx, parameterGradients.sliced(1..<2).reshaped(to: [channels]),
        parameterGradients.sliced(0..<1).reshaped(to: [channels]),
      ]
    }
    return (output, BatchStatistics(mean: mean, variance: variance, count: total))
  }

  /// Returns features `[…, channels]` that are normalised by given statistics, with a leaky
  /// rectifier on top: x·`scale` + `shift`, `slope` times that where it is negative.
  public func normalized(scale: Tensor, shift: Tensor, slope: Float) -> Tensor {
    let (channels, row) = (scale.shape, [1, scale.count])
    let zeros = Tensor(repeating: 0, shape: row)
    let passes = NormalizationPasses(
      rows: count / scale.count, mean: zeros, scale: scale.detached.reshaped(to: row),
      shift: shift.detached.reshaped(to: row), slope: slope)
    return passes.features(of: self).recorded(
      from: [self, scale, shift], keeping: [.input(0), .input(1), .input(2)],
      remaking: { input in passes.features(of: input(0)) }
    ) { pass in
      if pass.isDifferentiable {
        return pass.gradients { ($0[0] * $0[1] + $0[2]).leakyReLU(slope: slope) }
      }
      let x = pass.input(0)
      // Around a mean of zero the sums are those of the upstream gradient and of its product with
      // x.
      let (g, gTimesX) = passes.sums(of: pass.upstream, at: x)
      let dx =
        pass.needs[0]
        ? pass.overwritingUpstream {
          passes.writeInputGradient($0, of: $1, at: x, slopeOfX: zeros, offset: zeros)
        } : nil
      return [dx, gTimesX.reshaped(to: channels), g.reshaped(to: channels)]
    }
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
  func summed(over replicas: (any ReplicaSum)?) -> Tensor {
    guard let replicas else { return self }
    return Tensor(shape: shape) {
      _ = $0.initialize(from: scalars)
      replicas.sum($0)
    }
    .recorded(from: [self]) { [$0.upstream.summed(over: replicas)] }
  }
}
