import FixtureSupport
import Foundation
import Layers
import Tensors
import Testing

/// Layers against PyTorch in float64. `Tests/Fixtures/make_layer_fixtures.py` makes the values and
/// describes the file.
@Suite("Golden values of layers")
struct GoldenLayerTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Attributes: Decodable {
      let scaling, normalization: String?
      let gain, slope: Float?
      let kernel, stride, padding, pieces: Int?
      let isFirst: Bool?
    }

    struct Values: Decodable {
      let shape, positions: [Int]
      let values: [Double]
    }

    let `case`, layer: String
    let attributes: Attributes
    let input: NamedValues
    let weights: [String: NamedValues]
    let values: [String: Values]
    var testDescription: String { `case` }

    func tensor(_ name: String) throws -> Tensor {
      let values = name == "input" ? input : try #require(weights[name])
      return values.tensor(named: "\(`case`).\(name)")
    }

    func upstream(_ shape: [Int]) throws -> Tensor {
      try JSONDecoder().decode(
        NamedValues.self, from: Data(#"{"shape":\#(shape),"scale":1,"offset":0}"#.utf8)
      ).tensor(named: "\(`case`).cotangent")
    }
  }

  static func cases() throws -> [Case] {
    try JSONDecoder().decode([Case].self, from: fixture("layers.json"))
  }

  @Test("outputs, gradients and gradients of gradients are PyTorch's", arguments: try cases())
  func layer(_ golden: Case) throws {
    let single = SingleLayer { makeLayer(golden, in: &$0) }
    let (entries, statistics) = (single.state.layout.weights, single.state.layout.statistics)
    for (index, entry) in entries.enumerated() {
      single.set(index, to: try golden.tensor(entry.name).arranged(for: entry).scalars)
    }
    for (index, entry) in statistics.enumerated() where entry.name.hasSuffix("weight_u") {
      let values = try golden.tensor(entry.name).scalars
      single.state.statistics.withMutableScalars(of: index) { _ = $0.update(from: values) }
    }

    let isPicture = golden.input.shape.count == 4
    let variables = single.state.weights.tensors.map { $0.variable() }
    let variable = try golden.tensor("input").variable()
    let pass = ForwardPass(
      training: .init(noise: nil, updatesSpectralNorms: true), state: single.state,
      weights: variables)
    let features = single.layer(isPicture ? variable.permuted(0, 2, 3, 1) : variable, in: pass)
    let output = features.rank == 4 ? features.permuted(0, 3, 1, 2) : features
    try expectClose(output, "output", golden)

    let upstream = try golden.upstream(output.shape)
    let quick = gradient(
      of: output, withRespectTo: [variable] + variables, upstream: upstream)
    let recorded = gradient(
      of: output, withRespectTo: [variable] + variables, upstream: upstream, differentiable: true)
    let second = gradient(
      of: recorded[0].squared().sum() * 0.5, withRespectTo: [variable] + variables)
    try expectClose(quick[0], "gradient.input", golden)
    try expectClose(recorded[0], "gradient.input", golden)
    try expectClose(second[0], "penalty.input", golden)
    for (index, entry) in entries.enumerated() {
      try expectClose(quick[index + 1].filed(as: entry), "gradient.\(entry.name)", golden)
      try expectClose(recorded[index + 1].filed(as: entry), "gradient.\(entry.name)", golden)
      try expectClose(second[index + 1].filed(as: entry), "penalty.\(entry.name)", golden)
    }
    for (index, entry) in statistics.enumerated() where entry.name.hasSuffix("weight_u") {
      try expectClose(single.state.statistics.tensors[index], "after.\(entry.name)", golden)
    }
  }

  private func makeLayer(_ golden: Case, in layout: inout WeightLayout) -> any Layer {
    let attributes = golden.attributes
    let scaling: WeightScaling =
      switch attributes.scaling {
      case "equalized": .equalized(gain: attributes.gain ?? 1)
      case "spectral": .spectral
      default: .none
      }
    let normalization: BlockNormalization =
      switch attributes.normalization {
      case "batch": .batch(epsilon: 1e-5, average: .init(momentum: 0.1, isUnbiased: true))
      default: .none
      }
    let window = ConvolutionWindow(
      kernel: attributes.kernel ?? 1, stride: attributes.stride ?? 1,
      padding: .all(attributes.padding ?? 0))
    /// The extent of a dimension of a weight.
    func extent(_ weight: String, _ dimension: Int) -> Int {
      (golden.weights["layer.\(weight)"] ?? golden.weights["layer.\(weight)_orig"])?.shape[
        dimension] ?? 0
    }
    let channels = golden.input.shape[1]
    let zero = Initializer.constant(0)

    switch golden.layer {
    case "dense":
      return Dense(
        "layer", from: channels, to: extent("weight", 0), scaling: scaling, initializer: zero,
        in: &layout)
    case "convolution":
      return Convolution(
        "layer", from: channels, to: extent("weight", 0), window: window, hasBias: true,
        scaling: scaling, initializer: zero, in: &layout)
    case "transposed":
      return TransposedConvolution(
        "layer", from: channels, to: extent("weight", 1), window: window, scaling: scaling,
        initializer: zero, in: &layout)
    case "upsampling-convolution":
      return UpsamplingConvolution(
        "layer.conv", from: channels, to: extent("conv.weight", 0), scaling: scaling,
        initializer: zero,
        in: &layout)
    case "pooling-convolution":
      return PoolingConvolution(
        "layer.conv", from: channels, to: extent("conv.weight", 0), scaling: scaling,
        initializer: zero,
        in: &layout)
    case "pixel-norm": return PixelNormalization()
    case "layer-norm":
      return LayerNormalization(
        attributes.slope == nil ? "layer" : "layer.0", channels: channels,
        slope: attributes.slope ?? 1,
        in: &layout)
    case "minibatch-deviation": return MinibatchStandardDeviation(in: &layout)
    case "attention":
      return SelfAttention("layer", channels: channels, scaling: scaling, in: &layout)
    case "maxout":
      let pieces = attributes.pieces ?? 1
      return Maxout(
        "layer.linear", from: channels, to: extent("linear.weight", 0) / pieces, pieces: pieces,
        initializer: zero, in: &layout)
    case "up-block":
      return UpsamplingBlock(
        "layer", from: channels, to: extent("c2.weight", 0), normalization: normalization,
        scaling: scaling, in: &layout)
    case "down-block":
      return DownsamplingBlock(
        "layer", from: channels, to: extent("c2.weight", 0), isFirst: attributes.isFirst ?? false,
        normalization: normalization, scaling: scaling, in: &layout)
    default:
      Issue.record("no layer \(golden.layer) is known")
      return Reshape(to: [])
    }
  }

  /// Expects the values that the file has under `name`.
  private func expectClose(_ found: Tensor, _ name: String, _ golden: Case) throws {
    let expected = try #require(golden.values[name], "\(name) is missing")
    try #require(found.shape == expected.shape, "\(name)")
    let scalars = found.scalars
    let scale = expected.values.map(abs).max() ?? 0
    let error = largestError(of: expected.positions.map { scalars[$0] }, from: expected.values)
    #expect(error <= 2e-5 * max(scale, 0.25), "\(name): off by \(error) of \(scale)")
  }
}

extension Tensor {
  /// This weight from PyTorch's arrangement in that of the layers.
  fileprivate func arranged(for entry: WeightLayout.Entry) -> Tensor {
    guard let order = entry.arrangement.fileOrder else { return self }
    return permuted(order.indices.map { order.firstIndex(of: $0) ?? $0 })
  }

  /// This weight in PyTorch's arrangement.
  fileprivate func filed(as entry: WeightLayout.Entry) -> Tensor {
    entry.arrangement.fileOrder.map { permuted($0) } ?? self
  }
}
