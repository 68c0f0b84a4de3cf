import Tensors

/// A two-dimensional convolution of `[batch, height, width, input channels]`.
public struct Convolution: Layer {
  private let weight: ScaledWeight
  private let bias: Weight?
  private let window: ConvolutionWindow

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, window: ConvolutionWindow,
    hasBias: Bool, scaling: WeightScaling = .none, initializer: Initializer,
    in layout: inout WeightLayout
  ) {
    weight = ScaledWeight(
      name, kernel: window.kernel, from: inputChannels, to: outputChannels, scaling: scaling,
      initializer: initializer, in: &layout)
    bias = hasBias ? layout.addBias(name, channels: outputChannels) : nil
    self.window = window
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.convolved(with: weight(in: pass), adding: bias.map { pass[$0] }, window: window)
  }
}

/// A transposed ("fractionally strided") convolution without bias: the adjoint of a convolution
/// with the same window, which maps small pictures to large ones.
public struct TransposedConvolution: Layer {
  private let weight: ScaledWeight
  private let window: ConvolutionWindow

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, window: ConvolutionWindow,
    scaling: WeightScaling = .none, initializer: Initializer, in layout: inout WeightLayout
  ) {
    // Seen from the convolution that it is the adjoint of, input and output change places.
    weight = ScaledWeight(
      name, shape: [window.kernel, window.kernel, outputChannels, inputChannels],
      arrangement: .convolution, fanIn: window.kernel * window.kernel * inputChannels,
      outputAxis: 2, scaling: scaling, initializer: initializer, in: &layout)
    self.window = window
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    func outputSize(_ size: Int) -> Int {
      (size - 1) * window.stride + window.kernel - window.padding.top - window.padding.bottom
    }
    return input.transposeConvolved(
      with: weight(in: pass), window: window, outputHeight: outputSize(input.shape[1]),
      outputWidth: outputSize(input.shape[2]))
  }
}

/// A 3 × 3 convolution with "same" padding of a picture made twice as large by repeating pixels.
public struct UpsamplingConvolution: Layer {
  private let weight: ScaledWeight
  private let bias: Weight?

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, hasBias: Bool = true,
    scaling: WeightScaling = .none, initializer: Initializer, in layout: inout WeightLayout
  ) {
    weight = ScaledWeight(
      name, kernel: 3, from: inputChannels, to: outputChannels, scaling: scaling,
      initializer: initializer, in: &layout)
    bias = hasBias ? layout.addBias(name, channels: outputChannels) : nil
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.upsampledConvolved(with: weight(in: pass), adding: bias.map { pass[$0] })
  }
}

/// A 3 × 3 convolution with "same" padding, made half as large by the means of 2 × 2 pixels.
public struct PoolingConvolution: Layer {
  private let weight: ScaledWeight
  private let bias: Weight?

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, hasBias: Bool = true,
    scaling: WeightScaling = .none, initializer: Initializer, in layout: inout WeightLayout
  ) {
    weight = ScaledWeight(
      name, kernel: 3, from: inputChannels, to: outputChannels, scaling: scaling,
      initializer: initializer, in: &layout)
    bias = hasBias ? layout.addBias(name, channels: outputChannels) : nil
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.pooledConvolved(with: weight(in: pass), adding: bias.map { pass[$0] })
  }
}

extension ScaledWeight {
  /// Adds the weight of a convolution to `layout`.
  fileprivate init(
    _ name: String, kernel: Int, from inputChannels: Int, to outputChannels: Int,
    scaling: WeightScaling, initializer: Initializer, in layout: inout WeightLayout
  ) {
    self.init(
      name, shape: [kernel, kernel, inputChannels, outputChannels], arrangement: .convolution,
      fanIn: kernel * kernel * inputChannels, outputAxis: 3, scaling: scaling,
      initializer: initializer, in: &layout)
  }
}

extension WeightLayout {
  fileprivate mutating func addBias(_ name: String, channels: Int) -> Weight {
    addWeight("\(name).bias", shape: [channels], initializer: .constant(0))
  }
}
