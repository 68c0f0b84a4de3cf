import Tensors

/// Sets each feature to zero with probability `rate` in training, and scales the others so that
/// the expected value stays (Srivastava et al., 2014).
public struct Dropout: Layer {
  private let rate: Float
  private let source: UInt8

  public init(rate: Float, in layout: inout WeightLayout) {
    self.rate = rate
    source = layout.addNoiseSource()
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    guard let noise = pass.training?.noise, rate > 0 else { return input }
    let mask = noise.keepMask(
      rate: rate, source: source, shape: Array(input.shape.dropFirst()))
    return input * mask
  }
}

extension SampleNoise {
  /// Returns 1 / (1 − `rate`) with that probability, else zero.
  fileprivate func keepMask(rate: Float, source: UInt8, shape: [Int]) -> Tensor {
    let uniform = uniform(.dropout, source: source, shape: shape)
    let kept = 1 / (1 - rate)
    return Tensor(shape: uniform.shape) { mask in
      uniform.withScalars { uniform in
        for index in mask.indices { mask[index] = uniform[index] >= rate ? kept : 0 }
      }
    }
  }
}
