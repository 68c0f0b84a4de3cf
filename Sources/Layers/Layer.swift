import Tensors

/// A function of features whose weights, if it has any, live in a ``NetworkState``.
public protocol Layer: Sendable {
  /// Returns the output for a batch of features.
  func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor
}

/// Layers applied one after the other.
public struct Sequential: Layer {
  public let layers: [any Layer]

  public init(_ layers: [any Layer]) {
    self.layers = layers
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    layers.reduce(input) { features, layer in layer(features, in: pass) }
  }
}
