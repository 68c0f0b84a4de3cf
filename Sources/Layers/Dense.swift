import Tensors

/// An affine map of `[batch, inputs]` to `[batch, outputs]`.
public struct Dense: Layer {
  private let weight: ScaledWeight
  private let bias: Weight

  public init(
    _ name: String, from inputs: Int, to outputs: Int, scaling: WeightScaling = .none,
    initializer: Initializer, in layout: inout WeightLayout
  ) {
    weight = ScaledWeight(
      name, shape: [inputs, outputs], arrangement: .dense, fanIn: inputs, outputAxis: 1,
      scaling: scaling, initializer: initializer, in: &layout)
    bias = layout.addWeight("\(name).bias", shape: [outputs], initializer: .constant(0))
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.matrixProduct(weight(in: pass)) + pass[bias]
  }
}
