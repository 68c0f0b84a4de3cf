import Tensors

/// Sums each channel over all pixels: `[batch, channels]`.
public struct GlobalSumPooling: Layer {
  public init() {}

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.sum(alongAxes: 1, 2).reshaped(to: [input.shape[0], input.shape[3]])
  }
}
