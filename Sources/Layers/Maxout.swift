import Tensors

/// The largest of several affine maps of `[batch, inputs]`, for each of the outputs: `[batch,
/// outputs]` (Goodfellow et al., 2013).
public struct Maxout: Layer {
  private let pieces: Dense
  private let count, outputs: Int

  /// Creates the layer with `count` maps. They are one ``Dense`` layer with the outputs of the
  /// first map before those of the second, and so on.
  public init(
    _ name: String, from inputs: Int, to outputs: Int, pieces count: Int,
    initializer: Initializer, in layout: inout WeightLayout
  ) {
    precondition(count > 0, "\(count) pieces")
    pieces = Dense(
      name, from: inputs, to: count * outputs, initializer: initializer, in: &layout)
    (self.count, self.outputs) = (count, outputs)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    let values = pieces(input, in: pass)
    return (1..<count).reduce(values.sliced(0..<outputs, alongAxis: 1)) { largest, piece in
      .maximum(largest, values.sliced(piece * outputs..<(piece + 1) * outputs, alongAxis: 1))
    }
  }
}
