import Tensors

/// What a residual block puts before its rectifiers.
public enum BlockNormalization: Sendable {
  case none
  case batch(epsilon: Float, average: BatchNormalization.RunningAverage)

  /// Returns the normalisation of `channels` channels with a rectifier on top.
  public func rectified(
    _ name: String, channels: Int, in layout: inout WeightLayout
  ) -> any Layer {
    switch self {
    case .none: LeakyReLU(slope: 0)
    case .batch(let epsilon, let average):
      BatchNormalization(
        name, channels: channels, epsilon: epsilon, average: average, slope: 0, in: &layout)
    }
  }
}

/// A residual block that doubles the sides of pictures: norm, rectifier, upsampling convolution,
/// norm, rectifier, convolution; beside it, upsampling and a 1 × 1 convolution (Gulrajani et al.,
/// 2017; Miyato et al., 2018).
public struct UpsamplingBlock: Layer {
  private let branch: Sequential
  private let shortcut: Convolution

  public init(
    _ name: String, from inputs: Int, to outputs: Int, normalization: BlockNormalization,
    scaling: WeightScaling = .none, in layout: inout WeightLayout
  ) {
    let hidden = outputs
    branch = Sequential([
      normalization.rectified("\(name).b1", channels: inputs, in: &layout),
      UpsamplingConvolution(
        "\(name).c1", from: inputs, to: hidden, scaling: scaling,
        initializer: .residualBranch(from: inputs, to: hidden), in: &layout),
      normalization.rectified("\(name).b2", channels: hidden, in: &layout),
      Convolution(
        "\(name).c2", from: hidden, to: outputs, window: .sameSize, hasBias: true,
        scaling: scaling, initializer: .residualBranch(from: hidden, to: outputs),
        in: &layout),
    ])
    shortcut = Convolution(
      shortcut: "\(name).c_sc", from: inputs, to: outputs, scaling: scaling, in: &layout)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    // A 1 × 1 convolution and the repetition of pixels commute; there are fewer pixels before.
    branch(input, in: pass) + shortcut(input, in: pass).upsampled(by: 2)
  }
}

/// A residual block that halves the sides of pictures: norm, rectifier, convolution, norm,
/// rectifier, convolution, mean of 2 × 2 pixels; beside it the mean and a 1 × 1 convolution
/// (Gulrajani et al., 2017; Miyato et al., 2018).
public struct DownsamplingBlock: Layer {
  private let branch: Sequential
  private let shortcut: Convolution

  /// Creates the block.
  /// - Parameter isFirst: leaves out what comes before the first convolution, as the input are
  ///   images.
  public init(
    _ name: String, from inputs: Int, to outputs: Int, isFirst: Bool = false,
    normalization: BlockNormalization, scaling: WeightScaling = .none,
    in layout: inout WeightLayout
  ) {
    let hidden = isFirst ? outputs : inputs
    var layers: [any Layer] = []
    if !isFirst {
      layers.append(
        normalization.rectified("\(name).b1", channels: inputs, in: &layout))
    }
    layers.append(
      Convolution(
        "\(name).c1", from: inputs, to: hidden, window: .sameSize, hasBias: true,
        scaling: scaling, initializer: .residualBranch(from: inputs, to: hidden),
        in: &layout))
    layers.append(
      normalization.rectified("\(name).b2", channels: hidden, in: &layout))
    layers.append(
      PoolingConvolution(
        "\(name).c2", from: hidden, to: outputs, scaling: scaling,
        initializer: .residualBranch(from: hidden, to: outputs), in: &layout))
    branch = Sequential(layers)
    shortcut = Convolution(
      shortcut: "\(name).c_sc", from: inputs, to: outputs, scaling: scaling, in: &layout)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    branch(input, in: pass) + shortcut(input.averagePooled(by: 2), in: pass)
  }
}

extension Convolution {
  /// Creates the 1 × 1 convolution beside a residual branch.
  fileprivate init(
    shortcut name: String, from inputs: Int, to outputs: Int, scaling: WeightScaling,
    in layout: inout WeightLayout
  ) {
    self.init(
      name, from: inputs, to: outputs, window: ConvolutionWindow(kernel: 1), hasBias: true,
      scaling: scaling,
      initializer: .glorotUniform(fanIn: inputs, fanOut: outputs),
      in: &layout)
  }
}

extension Initializer {
  /// What the 3 × 3 weights of a residual branch begin with: Glorot's distribution with the gain
  /// for rectifiers.
  fileprivate static func residualBranch(from inputs: Int, to outputs: Int) -> Initializer {
    .glorotUniform(fanIn: 9 * inputs, fanOut: 9 * outputs, gain: Float(2).squareRoot())
  }
}
