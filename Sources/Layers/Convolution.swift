import Tensors

/// A two-dimensional convolution of `[batch, height, width, input channels]`.
public struct Convolution: Layer {
  private let weight: Weight
  private let bias: Weight?
  private let window: ConvolutionWindow

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, window: ConvolutionWindow,
    hasBias: Bool, initializer: Initializer, in layout: inout WeightLayout
  ) {
    weight = layout.addWeight(
      "\(name).weight", shape: [window.kernel, window.kernel, inputChannels, outputChannels],
      arrangement: .convolution, initializer: initializer)
    bias =
      hasBias
      ? layout.addWeight("\(name).bias", shape: [outputChannels], initializer: .constant(0)) : nil
    self.window = window
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.convolved(with: pass[weight], adding: bias.map { pass[$0] }, window: window)
  }
}

/// A transposed ("fractionally strided") convolution without bias: the adjoint of a convolution
/// with the same window, which maps small pictures to large ones.
public struct TransposedConvolution: Layer {
  private let weight: Weight
  private let window: ConvolutionWindow

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, window: ConvolutionWindow,
    initializer: Initializer, in layout: inout WeightLayout
  ) {
    // Seen from the convolution that it is the adjoint of, input and output change places.
    weight = layout.addWeight(
      "\(name).weight", shape: [window.kernel, window.kernel, outputChannels, inputChannels],
      arrangement: .convolution, initializer: initializer)
    self.window = window
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    func outputSize(_ size: Int) -> Int {
      (size - 1) * window.stride + window.kernel - window.padding.top - window.padding.bottom
    }
    return input.transposeConvolved(
      with: pass[weight], window: window, outputHeight: outputSize(input.shape[1]),
      outputWidth: outputSize(input.shape[2]))
  }
}

/// A 3 × 3 convolution with "same" padding of a picture made twice as large by repeating pixels.
public struct UpsamplingConvolution: Layer {
  private let weight: Weight
  private let bias: Weight

  public init(
    _ name: String, from inputChannels: Int, to outputChannels: Int, initializer: Initializer,
    in layout: inout WeightLayout
  ) {
    weight = layout.addWeight(
      "\(name).weight", shape: [3, 3, inputChannels, outputChannels], arrangement: .convolution,
      initializer: initializer)
    bias = layout.addWeight("\(name).bias", shape: [outputChannels], initializer: .constant(0))
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    input.upsampledConvolved(with: pass[weight], adding: pass[bias])
  }
}
