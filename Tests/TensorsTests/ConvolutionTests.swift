import Tensors
import Testing

@Suite("Convolutions")
struct ConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var batch = 2
    let height, width, inputs, outputs: Int
    let window: ConvolutionWindow
    var testDescription: String {
      "kernel \(window.kernel), stride \(window.stride), "
        + "\(batch) × \(height) × \(width) × \(inputs) → \(outputs), \(window.padding)"
    }
  }

  static let cases: [Case] =
    // Every kernel with both strides, with even and asymmetric padding.
    (1...5).flatMap { kernel in
      [1, 2].flatMap { stride in
        [
          ConvolutionWindow.Padding.none, .all(kernel / 2),
          .init(top: 0, left: 2, bottom: 1, right: 0),
          .same(size: 6, kernel: kernel, stride: stride),
        ].map { padding in
          Case(
            height: 6, width: 6, inputs: 2, outputs: 3,
            window: ConvolutionWindow(kernel: kernel, stride: stride, padding: padding))
        }
      }
    } + [
      // Odd and oblong pictures, single channels, a kernel as large as the picture, pixels that no
      // kernel position reaches, padding wider than the kernel, larger strides.
      Case(height: 7, width: 5, inputs: 1, outputs: 1, window: .init(kernel: 3, padding: .all(1))),
      Case(
        height: 5, width: 7, inputs: 3, outputs: 2,
        window: .init(kernel: 3, stride: 2, padding: .same(size: 5, kernel: 3, stride: 2))),
      Case(height: 4, width: 4, inputs: 3, outputs: 2, window: .init(kernel: 4)),
      Case(height: 4, width: 4, inputs: 6, outputs: 1, window: .init(kernel: 4)),
      Case(height: 4, width: 4, inputs: 3, outputs: 2, window: .init(kernel: 4, stride: 2)),
      Case(height: 6, width: 6, inputs: 1, outputs: 2, window: .init(kernel: 1, stride: 4)),
      Case(height: 7, width: 6, inputs: 2, outputs: 1, window: .init(kernel: 2, stride: 3)),
      Case(
        batch: 1, height: 3, width: 3, inputs: 2, outputs: 2,
        window: .init(kernel: 1, padding: .init(top: 3, left: 2, bottom: 0, right: 4))),
      Case(
        batch: 1, height: 2, width: 2, inputs: 1, outputs: 2,
        window: .init(kernel: 2, padding: .all(4))),
      Case(
        height: 8, width: 8, inputs: 3, outputs: 4,
        window: .init(kernel: 4, stride: 2, padding: .all(1))),
    ]

  @Test("convolution, its transposed and their gradients", arguments: cases)
  func convolution(_ sizes: Case) {
    let input = signedProbe([sizes.batch, sizes.height, sizes.width, sizes.inputs], 1)
    let (kernel, window) = (sizes.window.kernel, sizes.window)
    let weights = signedProbe([kernel, kernel, sizes.inputs, sizes.outputs], 2)
    let output = input.convolved(with: weights, window: window)
    let (height, width) = window.outputSize(height: sizes.height, width: sizes.width)
    let upstream = signedProbe([sizes.batch, height, width, sizes.outputs], 3)

    // One pass over every product in the definition serves all three operations.
    var outputs = [Double](repeating: 0, count: output.count)
    var inputGradient = [Double](repeating: 0, count: input.count)
    var weightGradient = [Double](repeating: 0, count: weights.count)
    let (x, w, g) = (input.scalars, weights.scalars, upstream.scalars)
    for picture in 0..<sizes.batch {
      for row in 0..<height {
        for column in 0..<width {
          for kernelRow in 0..<kernel {
            for kernelColumn in 0..<kernel {
              let y = row * window.stride + kernelRow - window.padding.top
              let x0 = column * window.stride + kernelColumn - window.padding.left
              guard 0..<sizes.height ~= y && 0..<sizes.width ~= x0 else { continue }
              for source in 0..<sizes.inputs {
                for target in 0..<sizes.outputs {
                  let i = ((picture * sizes.height + y) * sizes.width + x0) * sizes.inputs + source
                  let j =
                    ((kernelRow * kernel + kernelColumn) * sizes.inputs + source) * sizes.outputs
                    + target
                  let o = ((picture * height + row) * width + column) * sizes.outputs + target
                  outputs[o] += Double(x[i]) * Double(w[j])
                  inputGradient[i] += Double(g[o]) * Double(w[j])
                  weightGradient[j] += Double(g[o]) * Double(x[i])
                }
              }
            }
          }
        }
      }
    }
    expectClose(output, shape: upstream.shape, outputs)
    expectClose(
      upstream.transposeConvolved(
        with: weights, window: window, outputHeight: sizes.height, outputWidth: sizes.width),
      shape: input.shape, inputGradient)
    let variables = [input.variable(), weights.variable()]
    let gradients = gradient(
      of: variables[0].convolved(with: variables[1], window: window), withRespectTo: variables,
      upstream: upstream)
    expectClose(gradients[0], shape: input.shape, inputGradient)
    expectClose(gradients[1], shape: weights.shape, weightGradient)
  }

  @Test("gradients of gradients of convolutions", arguments: cases)
  func secondOrder(_ sizes: Case) {
    let input = signedProbe([sizes.batch, sizes.height, sizes.width, sizes.inputs], 4)
    let (kernel, window) = (sizes.window.kernel, sizes.window)
    let weights = signedProbe([kernel, kernel, sizes.inputs, sizes.outputs], 5)
    checkGradients(at: [input, weights], step: 1 / 4) {
      $0[0].convolved(with: $0[1], window: window)
    }
    let (height, width) = window.outputSize(height: sizes.height, width: sizes.width)
    let small = signedProbe([sizes.batch, height, width, sizes.outputs], 6)
    checkGradients(at: [small, weights], step: 1 / 4) {
      $0[0].transposeConvolved(
        with: $0[1], window: window, outputHeight: sizes.height, outputWidth: sizes.width)
    }
  }

  @Test("the gradient of a critic's gradient penalty")
  func gradientPenalty() {
    // As WGAN-GP trains: the norm of the input gradient, differentiated for the weights.
    let window = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
    let points = [
      signedProbe([2, 8, 8, 2], 7), signedProbe([4, 4, 2, 3], 8) * 0.5,
      signedProbe([4, 4, 3, 1], 9) * 0.5,
    ]
    checkGradients(at: points, step: 1 / 64) { inputs in
      let picture = inputs[0].isTracked ? inputs[0] : inputs[0].variable()
      let score = picture.convolved(with: inputs[1], window: window).tanh()
        .convolved(with: inputs[2], window: window)
      let slope = gradient(of: score, withRespectTo: [picture], differentiable: true)[0]
      return (slope.squared().sum(alongAxes: 1, 2, 3).squareRoot() - 1).squared().mean()
    }
  }

  @Test("a batch of many pictures is convolved as each by itself")
  func chunks() {
    // More patches than one matrix product takes: several chunks, the last one short.
    let window = ConvolutionWindow(kernel: 3, padding: .all(1))
    let input = signedProbe([11, 32, 32, 12], 10)
    let weights = signedProbe([3, 3, 12, 2], 11)
    let upstream = signedProbe([11, 32, 32, 2], 12)
    func passes(_ pictures: Range<Int>) -> [Tensor] {
      let variables = [input.sliced(pictures).variable(), weights.variable()]
      let output = variables[0].convolved(with: variables[1], window: window)
      return [output.detached]
        + gradient(of: output, withRespectTo: variables, upstream: upstream.sliced(pictures))
    }
    let whole = passes(0..<11)
    let parts = (0..<11).map { passes($0..<$0 + 1) }
    for pass in 0..<2 {
      let expected = Tensor.concatenated(parts.map { $0[pass] })
      #expect(distance(whole[pass], expected) < 1e-5 * length(expected))
    }
    let expected = parts.dropFirst().reduce(parts[0][2]) { $0 + $1[2] }
    #expect(distance(whole[2], expected) < 1e-5 * length(expected))
  }

  @Test("Keras padding puts the odd pixel at the bottom and the right")
  func samePadding() {
    typealias Padding = ConvolutionWindow.Padding
    #expect(
      Padding.same(size: 64, kernel: 3, stride: 2) == .init(top: 0, left: 0, bottom: 1, right: 1))
    #expect(Padding.same(size: 17, kernel: 3, stride: 2) == .all(1))
    #expect(Padding.same(size: 8, kernel: 5, stride: 1) == .all(2))
    #expect(
      Padding.same(size: 8, kernel: 4, stride: 1) == .init(top: 1, left: 1, bottom: 2, right: 2))
    #expect(Padding.same(size: 8, kernel: 1, stride: 3) == .none)
    for size in 1...9 {
      for kernel in 1...5 {
        for stride in 1...3 {
          let window = ConvolutionWindow(
            kernel: kernel, stride: stride,
            padding: .same(size: size, kernel: kernel, stride: stride))
          let output = window.outputSize(height: size, width: size)
          #expect(output == ((size + stride - 1) / stride, (size + stride - 1) / stride))
        }
      }
    }
  }

  @Test("a kernel larger than the padded picture has no output")
  func overhang() {
    let window = ConvolutionWindow(
      kernel: 4, stride: 3, padding: .init(top: 1, left: 0, bottom: 0, right: 0))
    #expect(window.outputSize(height: 2, width: 4) == (0, 1))
    #expect(window.outputSize(height: 3, width: 2) == (1, 0))
  }
}
