import Layers
import Tensors

/// A layer with weights of its own, to be looked at alone.
struct SingleLayer {
  let layer: any Layer
  let state: NetworkState

  init(seed: UInt64 = 1, _ make: (inout WeightLayout) -> any Layer) {
    var layout = WeightLayout()
    layer = make(&layout)
    state = NetworkState(layout: layout, seed: seed, network: 0)
  }

  /// Gives weight number `index` these values.
  func set(_ index: Int, to values: [Float]) {
    state.weights.withMutableScalars(of: index) { _ = $0.update(from: values) }
  }

  /// Returns what the layer makes of `input` in inference.
  func callAsFunction(_ input: Tensor) -> Tensor {
    layer(input, in: ForwardPass(inferenceWith: state))
  }

  /// Returns what the layer makes of `input` in training.
  func trained(
    _ input: Tensor, noise: SampleNoise? = nil, groups: Int = 1,
    statisticsMomentum: Float? = nil, updatesSpectralNorms: Bool = false
  ) -> Tensor {
    layer(
      input,
      in: ForwardPass(
        training: .init(
          noise: noise, groups: groups, statisticsMomentum: statisticsMomentum,
          updatesSpectralNorms: updatesSpectralNorms), state: state,
        weights: state.weights.tensors))
  }
}

/// Numbers of either sign without a pattern, the same every time.
func scattered(_ shape: [Int]) -> Tensor {
  let count = shape.reduce(1, *)
  return Tensor(shape: shape, (0..<count).map { Float(($0 * 37 + 11) % 29) / 8 - 1.75 })
}

/// Standard normal numbers, the same every time.
func normal(_ shape: [Int], step: UInt64 = 0) -> Tensor {
  Tensor(shape: shape) {
    RandomStream(seed: 3, purpose: .labels).fillNormal($0, step: step)
  }
}
