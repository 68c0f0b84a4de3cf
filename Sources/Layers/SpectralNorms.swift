import Tensors

/// A weight that its layer divides by an estimate of its largest singular value, and the vector
/// behind the estimate.
struct SpectralNorm: Sendable {
  /// The layer's.
  let name: String
  let weight: Weight
  let leftVector: RunningStatistic
  /// The dimension of the weight that belongs to the outputs.
  let outputAxis: Int
}

extension NetworkState {
  /// Takes `count` steps of the power iteration of each weight with spectral normalisation.
  public func iterateSpectralNorms(_ count: Int) {
    for norm in layout.spectralNorms {
      let weight = weights.tensors[norm.weight.index]
      for _ in 0..<count {
        let (_, u) = weight.spectrallyNormalized(
          outputAxis: norm.outputAxis, u: statistics.tensors[norm.leftVector.index],
          iterating: true)
        statistics.withMutableScalars(of: norm.leftVector.index) { vector in
          u.withScalars { _ = vector.update(fromContentsOf: $0) }
        }
      }
    }
  }

  /// The right singular vectors that follow from the left ones: what PyTorch keeps as `weight_v`,
  /// under its names and in its order of elements.
  public var rightSingularVectors: [(name: String, vector: Tensor)] {
    layout.spectralNorms.map { norm in
      let weight = weights.tensors[norm.weight.index]
      let u = statistics.tensors[norm.leftVector.index]
      var shape = Array(repeating: 1, count: weight.shape.count)
      shape[norm.outputAxis] = u.count
      let product = (weight * u.reshaped(to: shape)).sum(alongAxes: norm.outputAxis)
      let order = layout.weights[norm.weight.index].arrangement.fileOrder
      let vector = (order.map { product.permuted($0) } ?? product).reshaped(to: [product.count])
      let length = vector.squared().sum().scalar.squareRoot()
      return ("\(norm.name).weight_v", vector / max(length, 1e-12))
    }
  }
}
