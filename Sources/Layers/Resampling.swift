import Tensors

/// Repeats every pixel `factor` times along both axes.
public struct Upsampling: Layer {
  private let factor: Int

  public init(by factor: Int) {
    self.factor = factor
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.upsampled(by: factor)
  }
}

/// Takes the mean of each disjoint `factor` × `factor` window.
public struct AveragePooling: Layer {
  private let factor: Int

  public init(by factor: Int) {
    self.factor = factor
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.averagePooled(by: factor)
  }
}

/// Sums each channel over all pixels: `[batch, channels]`.
public struct GlobalSumPooling: Layer {
  public init() {}

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.sum(alongAxes: 1, 2).reshaped(to: [input.shape[0], input.shape[3]])
  }
}
