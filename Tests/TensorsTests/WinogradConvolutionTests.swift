import FixtureSupport
import Tensors
import Testing

/// The layers that minimal filtering serves, whichever way they are computed.
@Suite("Convolution by minimal filtering")
struct WinogradConvolutionTests {
  /// Largest allowed error, in units of the size that a sum of products of random signs has: the
  /// root of the sum of their squares.
  ///
  /// Measured over the cases below: 2.2e-5 at most, and 1e-6 for sizes that are summed directly.
  /// The transforms weight numbers by up to 3 and 8 in each dimension before they cancel, which
  /// costs about four of float32's 24 bits; an error of indexing costs all of them.
  private static let tolerance = 6e-5

  @Test(
    "output and both gradients of kernel 4 and stride 2 agree with direct sums in float64",
    arguments: [
      // Batch, side, input channels, output channels. By Winograd's algorithm:
      [16, 8, 64, 64], [19, 8, 40, 64], [8, 16, 64, 32], [4, 16, 56, 48], [2, 24, 64, 60],
      [1, 32, 32, 64], [3, 32, 50, 50], [8, 32, 31, 40], [1, 64, 45, 62], [3, 64, 64, 64],
      // With tiles that reach over the edge.
      [4, 14, 32, 32], [2, 22, 33, 64], [5, 10, 64, 32],
      // By im2col:
      [1, 8, 3, 5], [3, 8, 64, 16], [8, 8, 5, 64], [1, 8, 64, 64], [3, 16, 32, 48],
      [3, 24, 64, 3], [8, 32, 3, 64], [1, 32, 33, 35],
    ])
  func agreesWithDirectSum(sizes: [Int]) {
    let layer = DirectConvolution(
      batch: sizes[0], height: sizes[1], width: sizes[1], inputs: sizes[2], outputs: sizes[3])
    expectAgreement(with: layer)
  }

  @Test(
    "output and both gradients of kernel 3 and stride 1 agree with direct sums in float64",
    arguments: [
      // Batch, side, input channels, output channels. By Winograd's algorithm:
      [2, 9, 32, 64], [4, 9, 50, 40], [3, 12, 64, 64], [2, 16, 32, 48], [2, 17, 64, 32],
      [16, 4, 96, 64], [19, 8, 40, 64],
      // By im2col:
      [1, 9, 3, 5], [2, 16, 64, 3], [2, 16, 3, 64], [1, 4, 64, 64], [8, 9, 16, 64],
    ])
  func agreesWithDirectSumOfKernel3(sizes: [Int]) {
    let layer = DirectConvolution(
      batch: sizes[0], height: sizes[1], width: sizes[1], inputs: sizes[2], outputs: sizes[3],
      window: ConvolutionWindow(kernel: 3, padding: .all(1)))
    expectAgreement(with: layer)
  }

  @Test("padding may be none, or differ between opposite sides")
  func paddings() {
    for (kernel, stride, height) in [(3, 1, 15), (4, 2, 16)] {
      for (top, bottom) in [(0, 0), (1, 1), (2, 0), (0, 2), (1, 2), (2, 2)] {
        let window = ConvolutionWindow(
          kernel: kernel, stride: stride,
          padding: .init(top: top, left: top, bottom: bottom, right: bottom))
        expectAgreement(
          with: DirectConvolution(
            batch: 3, height: height, width: 12, inputs: 64, outputs: 48, window: window))
      }
    }
  }

  @Test("pixels that negative padding leaves out have no gradient")
  func cropping() {
    for (kernel, stride, height) in [(3, 1, 15), (4, 2, 16)] {
      for (top, bottom) in [(-1, 1), (1, -1), (-2, -2)] {
        let window = ConvolutionWindow(
          kernel: kernel, stride: stride,
          padding: .init(top: top, left: top, bottom: bottom, right: bottom))
        expectAgreement(
          with: DirectConvolution(
            batch: 3, height: height, width: 12, inputs: 64, outputs: 48, window: window))
      }
    }
  }

  @Test("pictures need not be square")
  func oblong() {
    expectAgreement(
      with: DirectConvolution(batch: 6, height: 8, width: 24, inputs: 48, outputs: 64))
  }

  @Test("sizes that do not fall into tiles are computed all the same")
  func untiledSizes() {
    expectAgreement(
      with: DirectConvolution(batch: 2, height: 12, width: 10, inputs: 32, outputs: 32))
    expectAgreement(
      with: DirectConvolution(batch: 2, height: 9, width: 16, inputs: 32, outputs: 32))
  }

  @Test("the transposed convolution is the input gradient, and has the same derivatives")
  func transposed() {
    let layer = DirectConvolution(batch: 6, height: 16, width: 16, inputs: 64, outputs: 48)
    let (x, y) = (layer.input.variable(), layer.upstream.variable())
    let weights = layer.weights.variable()
    let result = y.transposeConvolved(
      with: weights, window: layer.window, outputHeight: 16, outputWidth: 16)
    layer.expectInputGradient(result, tolerance: Self.tolerance)

    let gradients = gradient(of: result, withRespectTo: [y, weights], upstream: x.detached)
    layer.expectOutput(gradients[0], tolerance: Self.tolerance)
    layer.expectWeightGradient(gradients[1], tolerance: Self.tolerance)
  }

  @Test("the same sizes and inputs give the same bits")
  func deterministic() {
    let layer = DirectConvolution(batch: 8, height: 32, width: 32, inputs: 32, outputs: 64)
    let (first, second) = (layer.passes(), layer.passes())
    for (a, b) in zip(first, second) { #expect(a.scalars == b.scalars) }
  }

  private func expectAgreement(with layer: DirectConvolution) {
    let passes = layer.passes()
    layer.expectOutput(passes[0], tolerance: Self.tolerance)
    layer.expectInputGradient(passes[1], tolerance: Self.tolerance)
    layer.expectWeightGradient(passes[2], tolerance: Self.tolerance)
  }
}

/// A layer with random numbers, and its three passes written as sums over single elements.
private struct DirectConvolution {
  let window: ConvolutionWindow
  let batch, height, width, inputs, outputs, outputHeight, outputWidth: Int
  let input, weights, upstream: Tensor
  private let x, w, g: [Float]

  init(
    batch: Int, height: Int, width: Int, inputs: Int, outputs: Int,
    window: ConvolutionWindow = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
  ) {
    (self.batch, self.height, self.width) = (batch, height, width)
    (self.inputs, self.outputs, self.window) = (inputs, outputs, window)
    (outputHeight, outputWidth) = window.outputSize(height: height, width: width)
    let stream = RandomStream(seed: 1, purpose: .initialization)
    func normal(_ shape: [Int], _ step: UInt64) -> Tensor {
      Tensor(shape: shape) { stream.fillNormal($0, step: step) }
    }
    input = normal([batch, height, width, inputs], 0)
    weights = normal([window.kernel, window.kernel, inputs, outputs], 1)
    upstream = normal([batch, outputHeight, outputWidth, outputs], 2)
    (x, w, g) = (input.scalars, weights.scalars, upstream.scalars)
  }

  /// The output, the input gradient and the weight gradient.
  func passes() -> [Tensor] {
    let (x, w) = (input.variable(), weights.variable())
    let output = x.convolved(with: w, window: window)
    return [output] + gradient(of: output, withRespectTo: [x, w], upstream: upstream)
  }

  func expectOutput(_ output: Tensor, tolerance: Double) {
    expect(output, shape: [batch, outputHeight, outputWidth, outputs], tolerance) { at, sum in
      for ky in 0..<window.kernel {
        for kx in 0..<window.kernel {
          guard let pixel = pixel(under: ky, kx, at: at[1], at[2]) else { continue }
          for c in 0..<inputs {
            sum.add(
              x[(at[0] * height * width + pixel) * inputs + c],
              w[((ky * window.kernel + kx) * inputs + c) * outputs + at[3]])
          }
        }
      }
    }
  }

  func expectInputGradient(_ gradient: Tensor, tolerance: Double) {
    expect(gradient, shape: [batch, height, width, inputs], tolerance) { at, sum in
      for oy in 0..<outputHeight {
        for ox in 0..<outputWidth {
          let ky = at[1] + window.padding.top - oy * window.stride
          let kx = at[2] + window.padding.left - ox * window.stride
          guard 0..<window.kernel ~= ky && 0..<window.kernel ~= kx else { continue }
          for k in 0..<outputs {
            sum.add(
              g[((at[0] * outputHeight + oy) * outputWidth + ox) * outputs + k],
              w[((ky * window.kernel + kx) * inputs + at[3]) * outputs + k])
          }
        }
      }
    }
  }

  func expectWeightGradient(_ gradient: Tensor, tolerance: Double) {
    expect(gradient, shape: [window.kernel, window.kernel, inputs, outputs], tolerance) {
      at, sum in
      for n in 0..<batch {
        for oy in 0..<outputHeight {
          for ox in 0..<outputWidth {
            guard let pixel = pixel(under: at[0], at[1], at: oy, ox) else { continue }
            sum.add(
              x[(n * height * width + pixel) * inputs + at[2]],
              g[((n * outputHeight + oy) * outputWidth + ox) * outputs + at[3]])
          }
        }
      }
    }
  }

  /// The pixel of a picture under one place of the kernel; nil in the padding.
  private func pixel(under ky: Int, _ kx: Int, at oy: Int, _ ox: Int) -> Int? {
    let row = window.stride * oy + ky - window.padding.top
    let column = window.stride * ox + kx - window.padding.left
    return 0..<height ~= row && 0..<width ~= column ? row * width + column : nil
  }

  /// A sum of products, and of their squares.
  private struct Sum {
    var value = 0.0
    var squares = 0.0

    mutating func add(_ a: Float, _ b: Float) {
      let product = Double(a) * Double(b)
      value += product
      squares += product * product
    }
  }

  /// Compares elements spread evenly over `tensor`, the first and the last among them.
  private func expect(
    _ tensor: Tensor, shape: [Int], _ tolerance: Double, sum: ([Int], inout Sum) -> Void
  ) {
    #expect(tensor.shape == shape)
    let actual = tensor.scalars
    let samples = min(actual.count, 400)
    let errors = (0..<samples).map { sample in
      let index = samples == 1 ? 0 : sample * (actual.count - 1) / (samples - 1)
      var position = [Int](repeating: 0, count: shape.count)
      var rest = index
      for dimension in shape.indices.reversed() {
        position[dimension] = rest % shape[dimension]
        rest /= shape[dimension]
      }
      var expected = Sum()
      sum(position, &expected)
      // A sum of nothing is zero, without any error.
      return abs(Double(actual[index]) - expected.value)
        / max(expected.squares.squareRoot(), .leastNormalMagnitude)
    }
    let error = errors.largestError
    #expect(error < tolerance, "largest error \(error) of \(shape) in \(self.description)")
  }

  private var description: String {
    "\(batch)×\(height)×\(width), \(inputs) → \(outputs), kernel \(window.kernel)"
  }
}
