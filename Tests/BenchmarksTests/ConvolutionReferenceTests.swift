import Benchmarks
import Tensors
import Testing

@Suite("Convolutions in double precision")
struct ConvolutionReferenceTests {
  private static let windows = [
    ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1)), ConvolutionWindow(kernel: 4),
    ConvolutionWindow(kernel: 3, padding: .all(1)),
    ConvolutionWindow(kernel: 3, stride: 2, padding: .init(top: 0, left: 0, bottom: 1, right: 1)),
  ]

  private static func noise(_ shape: [Int], _ number: UInt64) -> Tensor {
    Tensor(shape: shape) {
      RandomStream(seed: 7, purpose: .painting).fillNormal($0, step: number)
    }
  }

  @Test("agree with those of tensors in every pass", arguments: windows, ConvolutionPass.allCases)
  func agreement(window: ConvolutionWindow, pass: ConvolutionPass) throws {
    let call = ConvolutionCall(
      pass: pass, inputShape: [2, 8, 8, 3], weightShape: [window.kernel, window.kernel, 3, 5],
      window: window)
    let (input, weights, gradient) = (
      Self.noise(call.inputShape, 1), Self.noise(call.weightShape, 2),
      Self.noise(call.outputShape, 3)
    )
    let result =
      switch pass {
      case .output: input.convolved(with: weights, window: window)
      case .inputGradient:
        gradient.transposeConvolved(
          with: weights, window: window, outputHeight: 8, outputWidth: 8)
      case .weightGradient: input.convolutionWeightGradient(of: gradient, window: window)
      }
    let reference = ConvolutionReference(
      call, input: input, weights: weights, outputGradient: gradient)
    #expect(reference.largestError(of: result, checking: .max) < 1e-5)
    // Fewer elements than there are can be checked; a wrong one is found where all are.
    #expect(reference.largestError(of: result, checking: 10) < 1e-5)
    var scalars = result.scalars
    for wrong in [scalars[scalars.count / 2] + 1, .nan] {
      scalars[scalars.count / 2] = wrong
      let result = Tensor(shape: result.shape, scalars)
      #expect(reference.largestError(of: result, checking: .max) > 1e-2)
    }
  }

  @Test("have as many operations as a multiplication and an addition for each weight and position")
  func operations() {
    let call = ConvolutionCall(
      pass: .weightGradient, inputShape: [2, 8, 8, 3], weightShape: [4, 4, 3, 5],
      window: ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1)))
    #expect(call.outputShape == [2, 4, 4, 5])
    #expect(call.operations == Double(2 * 2 * 4 * 4 * 4 * 4 * 3 * 5))
  }

  @Test("are recorded with their sizes where they are computed, and only there")
  func recording() {
    let window = ConvolutionWindow(kernel: 3, padding: .all(1))
    let input = Self.noise([1, 4, 4, 2], 1)
    let weights = Self.noise([3, 3, 2, 6], 2).variable()
    let (output, forward) = ConvolutionCall.recording {
      input.convolved(with: weights, window: window)
    }
    let (_, backward) = ConvolutionCall.recording {
      gradient(of: output.sum(), withRespectTo: [weights])
    }
    _ = input.convolved(with: weights, window: window)
    func call(_ pass: ConvolutionPass) -> ConvolutionCall {
      ConvolutionCall(
        pass: pass, inputShape: [1, 4, 4, 2], weightShape: [3, 3, 2, 6], window: window)
    }
    #expect(forward == [call(.output)])
    #expect(backward == [call(.weightGradient)])
  }
}
