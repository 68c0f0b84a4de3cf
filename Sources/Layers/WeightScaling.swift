import Tensors

/// What a layer multiplies its weights by before it computes with them.
public enum WeightScaling: Sendable, Hashable {
  /// One.
  case none
  /// `gain` / √(fan in), for weights that begin as ``Initializer/standardNormal``: an optimizer
  /// that normalises its steps then moves all layers at the same relative speed (Karras et al.,
  /// 2018, "equalized learning rate").
  case equalized(gain: Float)
  /// One over an estimate of the matrix's largest singular value (Miyato et al., 2018).
  ///
  /// A step of the power iteration behind the estimate is taken in passes whose
  /// ``ForwardPass/Training/updatesSpectralNorms`` is set.
  case spectral
}

/// A weight as its layer computes with it.
struct ScaledWeight {
  private enum Scale {
    case one
    case constant(Float)
    /// The estimate starts from the first left singular vector of the last one.
    case inverseSpectralNorm(singularVector: RunningStatistic)
  }

  private let weight: Weight
  private let scale: Scale
  private let outputAxis: Int

  /// Adds a weight to `layout`.
  /// - Parameters:
  ///   - name: of the layer. PyTorch calls a weight that is normalised spectrally `weight_orig`,
  ///     and the vector `weight_u`.
  ///   - fanIn: the number of inputs that an output is computed from.
  ///   - outputAxis: the dimension of the outputs.
  init(
    _ name: String, shape: [Int], arrangement: WeightLayout.Arrangement, fanIn: Int,
    outputAxis: Int, scaling: WeightScaling, initializer: Initializer,
    in layout: inout WeightLayout
  ) {
    weight = layout.addWeight(
      scaling == .spectral ? "\(name).weight_orig" : "\(name).weight", shape: shape,
      arrangement: arrangement, initializer: initializer)
    self.outputAxis = outputAxis
    if scaling != .none { layout.noteWeightScaling() }
    switch scaling {
    case .none: scale = .one
    case .equalized(let gain): scale = .constant(gain / Float(fanIn).squareRoot())
    case .spectral:
      let vector = layout.addStatistic(
        "\(name).weight_u", shape: [shape[outputAxis]], initializer: .direction)
      layout.addSpectralNorm(
        SpectralNorm(name: name, weight: weight, leftVector: vector, outputAxis: outputAxis))
      scale = .inverseSpectralNorm(singularVector: vector)
    }
  }

  /// Returns the scaled weight; takes a step of the power iteration if the pass asks for it.
  func callAsFunction(in pass: ForwardPass) -> Tensor {
    switch scale {
    case .one: return pass[weight]
    case .constant(let factor): return pass[weight] * factor
    case .inverseSpectralNorm(let singularVector):
      let isUpdated = pass.training?.updatesSpectralNorms == true
      let (normalized, u) = pass[weight].spectrallyNormalized(
        outputAxis: outputAxis, u: pass[singularVector], iterating: isUpdated)
      if isUpdated { pass.update(singularVector, towards: u.scalars, momentum: 1) }
      return normalized
    }
  }
}
