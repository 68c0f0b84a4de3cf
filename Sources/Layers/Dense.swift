import Tensors

/// An affine map of `[batch, inputs]` to `[batch, outputs]`.
public struct Dense: Layer {
  private let weight: Weight
  private let bias: Weight

  public init(
    _ name: String, from inputs: Int, to outputs: Int, initializer: Initializer,
    in layout: inout WeightLayout
  ) {
    weight = layout.addWeight(
      "\(name).weight", shape: [inputs, outputs], arrangement: .dense, initializer: initializer)
    bias = layout.addWeight("\(name).bias", shape: [outputs], initializer: .constant(0))
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.matrixProduct(pass[weight]) + pass[bias]
  }
}
