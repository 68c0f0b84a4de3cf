import Tensors

/// Normalises the features of each sample `[height, width, channels]` by their own mean and
/// variance, scales and shifts each channel, and puts a leaky rectifier on top (Ba et al., 2016).
///
/// No sample depends on another, as gradient penalties require (Gulrajani et al., 2017).
public struct LayerNormalization: Layer {
  private let gamma, beta: Weight
  private let epsilon, slope: Float

  /// Creates the layer for `channels` channels.
  /// - Parameter slope: of the rectifier where its input is negative; 1 leaves it out.
  public init(
    _ name: String, channels: Int, epsilon: Float = 1e-5, slope: Float,
    in layout: inout WeightLayout
  ) {
    gamma = layout.addWeight("\(name).weight", shape: [channels], initializer: .constant(1))
    beta = layout.addWeight("\(name).bias", shape: [channels], initializer: .constant(0))
    (self.epsilon, self.slope) = (epsilon, slope)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.layerNormalized(gamma: pass[gamma], beta: pass[beta], epsilon: epsilon, slope: slope)
  }
}
