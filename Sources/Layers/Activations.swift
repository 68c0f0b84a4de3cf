import Tensors

/// The leaky rectifier: x where x is positive, else `slope`·x.
public struct LeakyReLU: Layer {
  private let slope: Float

  /// Creates a rectifier; a slope of 0 is the plain one.
  public init(slope: Float) {
    self.slope = slope
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.leakyReLU(slope: slope)
  }
}

/// The hyperbolic tangent.
public struct Tanh: Layer {
  public init() {}

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor { input.tanh() }
}
