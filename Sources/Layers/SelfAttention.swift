import Tensors

/// Lets every pixel see the whole picture: x + γ·o, where o mixes features of all pixels by how
/// much they concern each other (Zhang et al., 2019).
///
/// Queries θ and keys φ have an eighth of the channels, values g half of them; keys and values are
/// the largest of 2 × 2 pixels. As γ is zero at first, networks begin as if the layer were not
/// there.
public struct SelfAttention: Layer {
  private let query, key, value, output: Convolution
  private let gamma: Weight

  /// Creates the layer.
  /// - Parameter channels: of the input and the output; a multiple of 8.
  public init(
    _ name: String, channels: Int, scaling: WeightScaling = .none, in layout: inout WeightLayout
  ) {
    precondition(channels.isMultiple(of: 8) && channels > 0, "attention with \(channels) channels")
    func project(_ part: String, from inputs: Int, to outputs: Int) -> Convolution {
      Convolution(
        "\(name).\(part)", from: inputs, to: outputs, window: ConvolutionWindow(kernel: 1),
        hasBias: false, scaling: scaling,
        initializer: .glorotUniform(fanIn: inputs, fanOut: outputs),
        in: &layout)
    }
    query = project("theta", from: channels, to: channels / 8)
    key = project("phi", from: channels, to: channels / 8)
    value = project("g", from: channels, to: channels / 2)
    output = project("o", from: channels / 2, to: channels)
    gamma = layout.addWeight(
      "\(name).gamma", shape: [], initializer: .constant(0), isWatched: true)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    func pixels(_ pictures: Tensor) -> Tensor {
      pictures.reshaped(
        to: [pictures.shape[0], pictures.shape[1] * pictures.shape[2], pictures.shape[3]])
    }
    // What follows is linear in the values, and they are the smallest tensor to scale by γ.
    let mixed = pixels(query(input, in: pass)).attended(
      keys: pixels(key(input, in: pass).maxPooled(by: 2)),
      values: pixels(value(input, in: pass).maxPooled(by: 2)) * pass[gamma])
    let features = mixed.reshaped(to: Array(input.shape.dropLast()) + [mixed.shape[2]])
    return input + output(features, in: pass)
  }
}
