import Tensors

/// Gives every sample the shape `sampleShape`.
public struct Reshape: Layer {
  private let sampleShape: [Int]

  public init(to sampleShape: [Int]) {
    self.sampleShape = sampleShape
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.reshaped(to: [input.shape[0]] + sampleShape)
  }
}

/// Adds rows of zeros at the bottom of pictures and columns of zeros at their right.
public struct ZeroPadding: Layer {
  private let bottom, right: Int

  public init(bottom: Int, right: Int) {
    (self.bottom, self.right) = (bottom, right)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.padded(alongAxis: 1, before: 0, after: bottom)
      .padded(alongAxis: 2, before: 0, after: right)
  }
}
