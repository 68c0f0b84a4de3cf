import Synchronization

/// One of the three passes of a convolution.
public enum ConvolutionPass: String, Sendable, Hashable, Codable, CaseIterable {
  case output
  /// Also the transposed convolution, as which a generator's layers begin.
  case inputGradient
  case weightGradient
}

/// A pass of a convolution that was computed, by its sizes.
public struct ConvolutionCall: Sendable, Hashable {
  public let pass: ConvolutionPass
  /// `[batch, height, width, input channels]`
  public let inputShape: [Int]
  /// `[kernel, kernel, input channels, output channels]`
  public let weightShape: [Int]
  /// `[batch, output height, output width, output channels]`
  public let outputShape: [Int]
  public let window: ConvolutionWindow

  public init(
    pass: ConvolutionPass, inputShape: [Int], weightShape: [Int], window: ConvolutionWindow
  ) {
    self.init(
      pass, ConvolutionProblem(inputShape: inputShape, weightShape: weightShape, window: window))
  }

  init(_ pass: ConvolutionPass, _ problem: ConvolutionProblem) {
    self.pass = pass
    inputShape = [problem.batch, problem.height, problem.width, problem.inputChannels]
    weightShape = [
      problem.window.kernel, problem.window.kernel, problem.inputChannels, problem.outputChannels,
    ]
    outputShape = problem.outputShape
    window = problem.window
  }

  /// Calls `body`, and returns its result with every convolution that it computed, in order.
  public static func recording<Result>(
    _ body: () throws -> Result
  ) rethrows -> (result: Result, calls: [ConvolutionCall]) {
    let recorder = Recorder()
    let result = try $recorder.withValue(recorder, operation: body)
    return (result, recorder.calls.withLock { $0 })
  }

  /// Notes a pass that is about to be computed, if somebody wants to know.
  static func note(_ pass: ConvolutionPass, of problem: ConvolutionProblem) {
    recorder?.calls.withLock { $0.append(ConvolutionCall(pass, problem)) }
  }

  private final class Recorder: Sendable {
    let calls = Mutex<[ConvolutionCall]>([])
  }

  @TaskLocal private static var recorder: Recorder?
}
