extension Tensor {
  /// Returns features `[batch, …, channels]` normalised each sample by itself, with a leaky
  /// rectifier on top: γ·(x − μ)/√(σ² + ε) + β with the mean and the variance of all of the
  /// sample's features (Ba et al., 2016), then that where positive, else `slope` times that.
  /// - Parameters:
  ///   - gamma: scales, `[channels]`.
  ///   - beta: shifts, `[channels]`.
  ///   - slope: 1 leaves out the rectifier.
  public func layerNormalized(
    gamma: Tensor, beta: Tensor, epsilon: Float, slope: Float = 1
  ) -> Tensor {
    let (batch, channels) = (shape[0], shape[rank - 1])
    precondition(
      gamma.shape == [channels] && beta.shape == [channels],
      "gamma \(gamma.shape) and beta \(beta.shape) do not fit features \(shape)")
    let rows = count / channels / batch
    let features = Float(rows * channels)

    // The moments of a sample follow from those of its channels: [batch, 1] from [batch, channels].
    let (channelMean, channelVariance) = detached.batchMoments(groups: batch, replicas: nil)
    let mean = channelMean.mean(alongAxes: 1)
    let variance = (channelVariance + (channelMean - mean).squared()).mean(alongAxes: 1)
    let inverseDeviation =
      Tensor(repeating: 1, shape: variance.shape) / (variance + epsilon).squareRoot()
    let scale = inverseDeviation * gamma.detached
    let passes = NormalizationPasses(
      rows: rows, mean: mean.broadcast(to: [batch, channels]), scale: scale,
      shift: beta.detached - mean * scale, slope: slope)

    return passes.features(of: self).recorded(
      from: [self, gamma, beta], keeping: [.input(0), .input(1), .input(2)],
      remaking: { passes.features(of: $0(0)) }
    ) { pass in
      if pass.isDifferentiable {
        return pass.gradients { inputs in
          inputs[0].layerNormalizedStepwise(
            gamma: inputs[1], beta: inputs[2], epsilon: epsilon, slope: slope)
        }
      }
      let x = pass.input(0)
      let (g, gCentered) = passes.sums(of: pass.upstream, at: x)
      let gNormalized = gCentered * inverseDeviation
      var dx: Tensor?
      if pass.needs[0] {
        let gamma = pass.input(1)
        let meanOfG = (g * gamma).sum(alongAxes: 1) / features
        let meanOfGNormalized = (gNormalized * gamma).sum(alongAxes: 1) / features
        let slopeOfX = -(inverseDeviation.squared() * meanOfGNormalized)
        let offset = -(inverseDeviation * meanOfG)
        dx = pass.overwritingUpstream {
          passes.writeInputGradient(
            $0, of: $1, at: x, slopeOfX: slopeOfX.broadcast(to: scale.shape),
            offset: offset.broadcast(to: scale.shape))
        }
      }
      return [
        dx, gNormalized.sum(alongAxes: 0).reshaped(to: [channels]),
        g.sum(alongAxes: 0).reshaped(to: [channels]),
      ]
    }
  }

  /// The same function in small differentiable steps, for gradients of gradients.
  private func layerNormalizedStepwise(
    gamma: Tensor, beta: Tensor, epsilon: Float, slope: Float
  ) -> Tensor {
    let axes = Array(1..<rank)
    let features = Float(count / shape[0])
    let centered = self - sum(alongAxes: axes) / features
    let variance = centered.squared().sum(alongAxes: axes) / features
    let normalized = centered / (variance + epsilon).squareRoot()
    return (normalized * gamma + beta).leakyReLU(slope: slope)
  }
}
