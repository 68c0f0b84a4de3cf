import Collectives
import GANs
import Tensors
import Training

/// The speed and the error of one pass of a convolution that a training step computes.
package struct ConvolutionResult: Codable, Sendable, Equatable {
  package var pass: ConvolutionPass
  /// `[batch, height, width, input channels]`
  package var inputShape: [Int]
  /// `[batch, height, width, output channels]`
  package var outputShape: [Int]
  package var kernel: Int
  package var stride: Int
  /// How often a step computes it.
  package var calls: Int
  /// Floating-point operations of a call as the pass is defined, however it was computed.
  package var operations: Double
  package var seconds: Spread
  /// 10⁹ operations per second.
  package var gigaflops: Spread
  /// The same for the matrix product of equivalent shape, timed in turn with it.
  package var matrixProductGigaflops: Spread
  /// The speed as a multiple of the matrix product's, of each pair of timings.
  package var ratio: Spread
  /// The largest error of the checked elements against double precision, as a fraction of the
  /// largest element.
  package var largestError: Double
}

/// Times every convolution of a training step, each in turn with the matrix product that would
/// compute it from patches.
///
/// Which those are is not written down anywhere: a step is recorded.
struct ConvolutionBenchmark {
  let communicator: any Communicator
  /// How long a pass is timed, in seconds, matrix products included; three pairs at the least.
  let secondsPerPass: Double

  private static let checkedElements = 100
  /// The largest operand of a matrix product, in elements: products longer than that take the same
  /// time an operation.
  private static let largestOperand = 4 << 20

  /// - Parameter progress: called before each pass with how many there are before and in all.
  func measure(
    _ gan: GAN, batchSize: Int, progress: (Int, Int) -> Void
  ) throws -> [ConvolutionResult] {
    let calls = try Self.calls(of: gan, imagesPerRank: batchSize / communicator.size)
    let counts = Dictionary(grouping: calls, by: { $0 }).mapValues(\.count)
    // In the order in which a step meets the layers, all passes of a layer together.
    var layers: [[Int]: Int] = [:]
    for (index, call) in calls.enumerated() where layers[call.layer] == nil {
      layers[call.layer] = index
    }
    let order = ConvolutionPass.allCases
    let distinct = counts.keys.sorted { a, b in
      let (first, second) = (layers[a.layer] ?? 0, layers[b.layer] ?? 0)
      return first == second
        ? (order.firstIndex(of: a.pass) ?? 0) < (order.firstIndex(of: b.pass) ?? 0) : first < second
    }
    return try distinct.enumerated().map { index, call in
      progress(index, distinct.count)
      try communicator.barrier()
      return measure(call, calls: counts[call] ?? 0)
    }
  }

  /// The convolutions of a training step of this rank.
  private static func calls(of gan: GAN, imagesPerRank: Int) throws -> [ConvolutionCall] {
    let run = PracticeRun(
      gan, batchSize: imagesPerRank, communicator: SoloCommunicator(), options: .init())
    return try ConvolutionCall.recording {
      _ = try run.step(in: .nobody, images: imagesPerRank)
    }.calls
  }

  private func measure(_ call: ConvolutionCall, calls: Int) -> ConvolutionResult {
    let (input, weights, gradient) = (
      Self.noise(call.inputShape, 1), Self.noise(call.weightShape, 2),
      Self.noise(call.outputShape, 3)
    )
    func compute() -> Tensor {
      switch call.pass {
      case .output: input.convolved(with: weights, window: call.window)
      case .inputGradient:
        gradient.transposeConvolved(
          with: weights, window: call.window, outputHeight: call.inputShape[1],
          outputWidth: call.inputShape[2])
      case .weightGradient: input.convolutionWeightGradient(of: gradient, window: call.window)
      }
    }
    let product = call.matrixProduct(largestOperand: Self.largestOperand)
    let (left, right) = (
      Self.noise([product.m, product.k], 4), Self.noise([product.k, product.n], 5)
    )
    let error = ConvolutionReference(
      call, input: input, weights: weights, outputGradient: gradient
    ).largestError(of: compute(), checking: Self.checkedElements)
    _ = left.matrixProduct(right)

    var times: [Double] = []
    var productTimes: [Double] = []
    let start = ContinuousClock.now
    while times.count < 3 || (ContinuousClock.now - start) / .seconds(1) < secondsPerPass {
      times.append(seconds { _ = compute() })
      productTimes.append(seconds { _ = left.matrixProduct(right) })
    }
    let rates = times.map { call.operations / $0 / 1e9 }
    let productRates = productTimes.map { product.operations / $0 / 1e9 }
    return ConvolutionResult(
      pass: call.pass, inputShape: call.inputShape, outputShape: call.outputShape,
      kernel: call.window.kernel, stride: call.window.stride, calls: calls,
      operations: call.operations, seconds: Spread(times), gigaflops: Spread(rates),
      matrixProductGigaflops: Spread(productRates), ratio: Spread(zip(rates, productRates).map(/)),
      largestError: error)
  }

  private static func noise(_ shape: [Int], _ number: UInt64) -> Tensor {
    let stream = RandomStream(seed: 1, purpose: .initialization)
    return Tensor(shape: shape) { stream.fillNormal($0, step: number) }
  }
}

extension ConvolutionCall {
  /// What all passes of a layer on a batch have in common.
  fileprivate var layer: [Int] { inputShape + weightShape + outputShape }

  /// Multiplications and additions of a pass as it is defined, at borders too.
  package var operations: Double {
    2 * Double(outputShape.dropLast().reduce(1, *) * weightShape.reduce(1, *))
  }

  /// The matrix product that computes the pass from patches, or patches from it, its longest side
  /// cut so that no operand has more than `largestOperand` elements.
  fileprivate func matrixProduct(largestOperand: Int) -> MatrixProductShape {
    let positions = outputShape.dropLast().reduce(1, *)
    let patch = weightShape.dropLast().reduce(1, *)
    let outputs = weightShape[3]
    let rows = min(positions, max(1, largestOperand / max(patch, outputs)))
    return switch pass {
    case .output: MatrixProductShape(m: rows, n: outputs, k: patch)
    case .inputGradient: MatrixProductShape(m: rows, n: patch, k: outputs)
    case .weightGradient: MatrixProductShape(m: patch, n: outputs, k: rows)
    }
  }
}

/// m × k by k × n.
private struct MatrixProductShape {
  let m, n, k: Int

  var operations: Double { 2 * Double(m) * Double(n) * Double(k) }
}
