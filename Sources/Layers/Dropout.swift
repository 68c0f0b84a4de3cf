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
    return noise.droppedOut(input, rate: rate, source: source)
  }
}
