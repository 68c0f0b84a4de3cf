import Tensors

/// Divides the features of each pixel by the root of their mean square (Karras et al., 2018).
public struct PixelNormalization: Layer {
  private let epsilon: Float

  public init(epsilon: Float = 1e-8) {
    self.epsilon = epsilon
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.pixelNormalized(epsilon: epsilon)
  }
}
