/// The window of a convolution: kernel, stride and zero padding.
public struct ConvolutionWindow: Sendable, Hashable {
  /// Zero padding at each side of a picture, in pixels.
  public struct Padding: Sendable, Hashable {
    public var top, left, bottom, right: Int

    public init(top: Int, left: Int, bottom: Int, right: Int) {
      (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
    }

    /// The same padding on all sides.
    public static func all(_ pixels: Int) -> Padding {
      Padding(top: pixels, left: pixels, bottom: pixels, right: pixels)
    }

    /// No padding.
    public static let none = Padding.all(0)

    /// Keras "same" padding of a picture of side `size`: the output has ⌈size / stride⌉ pixels,
    /// and an odd pixel of padding goes to the bottom and the right.
    public static func same(size: Int, kernel: Int, stride: Int) -> Padding {
      let outputs = (size + stride - 1) / stride
      let total = max(0, (outputs - 1) * stride + kernel - size)
      return Padding(
        top: total / 2, left: total / 2, bottom: total - total / 2, right: total - total / 2)
    }
  }

  /// Height and width of the kernel, in pixels.
  public var kernel: Int
  public var stride: Int
  public var padding: Padding

  public init(kernel: Int, stride: Int = 1, padding: Padding = .none) {
    (self.kernel, self.stride, self.padding) = (kernel, stride, padding)
  }

  /// True if negative padding leaves out pixels of the input.
  var crops: Bool { min(padding.top, padding.left, padding.bottom, padding.right) < 0 }

  /// Returns the side lengths of the output for an input of `height` × `width`; zero where the
  /// kernel does not fit.
  public func outputSize(height: Int, width: Int) -> (height: Int, width: Int) {
    func positions(_ extent: Int) -> Int { extent < kernel ? 0 : (extent - kernel) / stride + 1 }
    return (
      positions(height + padding.top + padding.bottom),
      positions(width + padding.left + padding.right)
    )
  }
}

// The three operations below are each linear in both operands, and the gradients of each are
// the other two: convolution can be differentiated any number of times. Weights are
// [kernel, kernel, input channels, output channels].

extension Tensor {
  /// Returns the convolution (cross-correlation) of pictures `[batch, height, width, input
  /// channels]` with `weights`.
  /// - Parameter bias: added to each pixel, `[output channels]`.
  public func convolved(
    with weights: Tensor, adding bias: Tensor? = nil, window: ConvolutionWindow
  ) -> Tensor {
    let problem = ConvolutionProblem(inputShape: shape, weightShape: weights.shape, window: window)
    precondition(bias.map { $0.shape == [problem.outputChannels] } != false, "bias does not fit")
    ConvolutionCall.note(.output, of: problem)
    return Tensor(shape: problem.outputShape) {
      problem.algorithm.output(
        $0.start, input: pointer, weights: weights.pointer, of: problem)
      bias?.add(to: $0)
    }
    .recorded(
      from: [self, weights] + (bias.map { [$0] } ?? []), keeping: .factors(self, weights),
      oneByOne: true
    ) { pass in
      let weightGradient =
        pass.needs[1]
        ? pass.input(0).convolutionWeightGradient(of: pass.upstream, window: window) : nil
      let inputGradient =
        pass.needs[0]
        ? pass.upstream.transposeConvolved(
          with: pass.input(1), window: window, outputHeight: problem.height,
          outputWidth: problem.width) : nil
      return [inputGradient, weightGradient] + pass.biasGradients
    }
  }

  /// Returns the transposed convolution of `[batch, height, width, output channels]`: the
  /// adjoint of ``convolved(with:adding:window:)`` in its input, which is also its input gradient.
  ///
  /// Several input sizes lead to one output size, so the size of the result is given.
  /// - Parameter bias: added to each pixel, `[input channels]`.
  public func transposeConvolved(
    with weights: Tensor, adding bias: Tensor? = nil, window: ConvolutionWindow,
    outputHeight: Int, outputWidth: Int
  ) -> Tensor {
    let inputShape = [shape[0], outputHeight, outputWidth, weights.shape[2]]
    let problem = ConvolutionProblem(
      inputShape: inputShape, weightShape: weights.shape, window: window)
    precondition(problem.outputShape == shape, "\(shape) is not \(problem.outputShape)")
    precondition(bias.map { $0.shape == [problem.inputChannels] } != false, "bias does not fit")
    ConvolutionCall.note(.inputGradient, of: problem)
    return Tensor(shape: inputShape) {
      problem.algorithm.inputGradient(
        $0.start, outputGradient: pointer, weights: weights.pointer, of: problem)
      bias?.add(to: $0)
    }
    .recorded(
      from: [self, weights] + (bias.map { [$0] } ?? []), keeping: .factors(self, weights),
      oneByOne: true
    ) { pass in
      let weightGradient =
        pass.needs[1]
        ? pass.upstream.convolutionWeightGradient(of: pass.input(0), window: window) : nil
      let inputGradient =
        pass.needs[0] ? pass.upstream.convolved(with: pass.input(1), window: window) : nil
      return [inputGradient, weightGradient] + pass.biasGradients
    }
  }

  /// Returns the gradient of the weights of a convolution with this input, given the gradient of
  /// its output.
  public func convolutionWeightGradient(
    of outputGradient: Tensor, window: ConvolutionWindow
  ) -> Tensor {
    let weightShape = [window.kernel, window.kernel, shape[3], outputGradient.shape[3]]
    let problem = ConvolutionProblem(inputShape: shape, weightShape: weightShape, window: window)
    precondition(problem.outputShape == outputGradient.shape)
    ConvolutionCall.note(.weightGradient, of: problem)
    return Tensor(shape: weightShape) {
      problem.algorithm.weightGradient(
        $0.start, input: pointer, outputGradient: outputGradient.pointer, of: problem)
    }
    .recorded(from: [self, outputGradient], keeping: .factors(self, outputGradient)) { pass in
      [
        pass.needs[0]
          ? pass.input(1).transposeConvolved(
            with: pass.upstream, window: window, outputHeight: problem.height,
            outputWidth: problem.width) : nil,
        pass.needs[1] ? pass.input(0).convolved(with: pass.upstream, window: window) : nil,
      ]
    }
  }
}

/// The sizes of one convolution; all three of its passes share them.
struct ConvolutionProblem: Hashable {
  let batch, height, width, inputChannels: Int
  let outputHeight, outputWidth, outputChannels: Int
  let window: ConvolutionWindow

  init(inputShape: [Int], weightShape: [Int], window: ConvolutionWindow) {
    precondition(inputShape.count == 4, "\(inputShape) is not [batch, height, width, channels]")
    precondition(
      weightShape.count == 4 && weightShape[0] == window.kernel && weightShape[1] == window.kernel
        && weightShape[2] == inputShape[3],
      "weights \(weightShape) do not fit input \(inputShape)")
    (batch, height, width, inputChannels) = (
      inputShape[0], inputShape[1], inputShape[2], inputShape[3]
    )
    (outputHeight, outputWidth) = window.outputSize(height: height, width: width)
    precondition(outputHeight > 0 && outputWidth > 0, "the kernel is larger than the picture")
    precondition(batch > 0, "a convolution of no pictures")
    outputChannels = weightShape[3]
    self.window = window
  }

  /// Elements of an input picture.
  var inputCount: Int { height * width * inputChannels }
  /// Elements of an output picture.
  var outputCount: Int { outputHeight * outputWidth * outputChannels }

  var outputShape: [Int] { [batch, outputHeight, outputWidth, outputChannels] }

  /// The way of computing that is the fastest for these sizes, of those that are allowed.
  var algorithm: any ConvolutionAlgorithm {
    guard ConvolutionMethods.allowed == .fast else { return Im2colConvolution() }
    if WinogradConvolution.suits(self) { return WinogradConvolution() }
    if MirroredConvolution.suits(self) { return MirroredConvolution() }
    return Im2colConvolution()
  }
}

/// A way of computing the three passes of a convolution. Results are overwritten.
protocol ConvolutionAlgorithm {
  func output(
    _ output: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem)

  func inputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>, outputGradient: UnsafePointer<Float>,
    weights: UnsafePointer<Float>, of problem: ConvolutionProblem)

  func weightGradient(
    _ weightGradient: UnsafeMutablePointer<Float>, input: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, of problem: ConvolutionProblem)
}
