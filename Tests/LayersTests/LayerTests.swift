import FixtureSupport
import Layers
import Tensors
import Testing

@Suite("Layers")
struct LayerTests {
  @Test("a dense layer is x·W + b")
  func dense() {
    let layer = SingleLayer {
      Dense("head", from: 3, to: 2, initializer: .constant(0), in: &$0)
    }
    layer.set(0, to: [1, 2, 3, 4, 5, 6])
    layer.set(1, to: [10, -20])
    let output = layer(Tensor(shape: [2, 3], [1, 0, -1, 2, 1, 0]))
    #expect(output.shape == [2, 2])
    #expect(output.scalars == [6, -24, 15, -12])
    #expect(layer.state.layout.weights.map(\.name) == ["head.weight", "head.bias"])
    #expect(layer.state.layout.weights.map(\.fileShape) == [[2, 3], [2]])
    #expect(layer.state.layout.parameterCount == 8)
  }

  @Test("a convolution sums over its window, and adds its bias where it has one")
  func convolution() {
    let window = ConvolutionWindow(
      kernel: 3, stride: 2, padding: .same(size: 6, kernel: 3, stride: 2))
    let layer = SingleLayer {
      Convolution(
        "conv", from: 2, to: 3, window: window, hasBias: true, initializer: .constant(0), in: &$0)
    }
    let kernel = scattered([3, 3, 2, 3])
    layer.set(0, to: kernel.scalars)
    layer.set(1, to: [1, -2, 3])
    let input = scattered([2, 6, 6, 2])
    let output = layer(input)
    #expect(output.shape == [2, 3, 3, 3])
    let (x, w) = (input.scalars, kernel.scalars)
    let expected = Tensor(shape: [2, 3, 3, 3]) { values in
      for place in values.indices {
        let (image, row, column, channel) = (place / 27, place / 9 % 3, place / 3 % 3, place % 3)
        var sum = [Float(1), -2, 3][channel]
        // Stride 2 on an even size pads nothing before and one row after.
        for (u, v) in (0..<9).map({ ($0 / 3, $0 % 3) }) where 2 * row + u < 6 && 2 * column + v < 6
        {
          for feature in 0..<2 {
            sum +=
              x[((image * 6 + 2 * row + u) * 6 + 2 * column + v) * 2 + feature]
              * w[((u * 3 + v) * 2 + feature) * 3 + channel]
          }
        }
        values[place] = sum
      }
    }
    expectClose(output, expected)
    #expect(layer.state.layout.weights.map(\.fileShape) == [[3, 2, 3, 3], [3]])
  }

  @Test("a transposed convolution is the adjoint of the convolution with the same window")
  func transposedConvolution() {
    let window = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
    let up = SingleLayer {
      TransposedConvolution(
        "up", from: 3, to: 2, window: window, initializer: .constant(0), in: &$0)
    }
    let down = SingleLayer {
      Convolution(
        "down", from: 2, to: 3, window: window, hasBias: false, initializer: .constant(0), in: &$0)
    }
    let kernel = scattered([4, 4, 2, 3]).scalars
    up.set(0, to: kernel)
    down.set(0, to: kernel)
    let (small, large) = (scattered([2, 4, 5, 3]), scattered([2, 8, 10, 2]) * 0.5)
    #expect(up(small).shape == large.shape)
    let (a, b) = ((up(small) * large).sum().scalar, (small * down(large)).sum().scalar)
    #expect(abs(a - b) < 1e-4 * abs(a))
    // PyTorch holds such weights as [in, out, kernel, kernel].
    #expect(up.state.layout.weights[0].fileShape == [3, 2, 4, 4])
  }

  @Test("an upsampling convolution repeats every pixel, then convolves")
  func upsamplingConvolution() {
    let layer = SingleLayer {
      UpsamplingConvolution("conv", from: 2, to: 3, initializer: .constant(0), in: &$0)
    }
    let plain = SingleLayer {
      Convolution(
        "conv", from: 2, to: 3, window: ConvolutionWindow(kernel: 3, padding: .all(1)),
        hasBias: true, initializer: .constant(0), in: &$0)
    }
    for layer in [layer, plain] {
      layer.set(0, to: scattered([3, 3, 2, 3]).scalars)
      layer.set(1, to: [1, -2, 3])
    }
    let small = scattered([2, 3, 5, 2])
    let values = small.scalars
    let large = Tensor(shape: [2, 6, 10, 2]) { repeated in
      for place in repeated.indices {
        let (image, row, column) = (place / 120, place / 20 % 6, place / 2 % 10)
        repeated[place] = values[((image * 3 + row / 2) * 5 + column / 2) * 2 + place % 2]
      }
    }
    expectClose(layer(small), plain(large))
  }

  @Test("rectifiers keep what is positive and scale the rest; tanh is tanh")
  func activations() {
    let input = Tensor(shape: [1, 4], [-2, -0.5, 0, 3])
    #expect(SingleLayer { _ in LeakyReLU(slope: 0.25) }(input).scalars == [-0.5, -0.125, 0, 3])
    #expect(SingleLayer { _ in LeakyReLU(slope: 0) }(input).scalars == [0, 0, 0, 3])
    expectClose(
      SingleLayer { _ in Tanh() }(input),
      Tensor(shape: [1, 4], [-0.9640276, -0.46211716, 0, 0.9950548]))
  }

  @Test("padding adds zeros below and to the right; reshaping keeps the batch")
  func rearrangement() {
    let input = Tensor(shape: [1, 2, 2, 1], [1, 2, 3, 4])
    let padded = SingleLayer { _ in ZeroPadding(bottom: 1, right: 2) }(input)
    #expect(padded.shape == [1, 3, 4, 1])
    #expect(padded.scalars == [1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0])
    #expect(SingleLayer { _ in Reshape(to: [4]) }(input).shape == [1, 4])
    #expect(SingleLayer { _ in Reshape(to: []) }(Tensor(shape: [3, 1], [1, 2, 3])).shape == [3])
  }
}

/// Expects the same shape, and elements that differ by rounding only.
func expectClose(
  _ found: Tensor, _ expected: Tensor, tolerance: Float = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.shape == expected.shape, sourceLocation: sourceLocation)
  let scale = expected.scalars.map(abs).max() ?? 1
  let error = largestError(of: found.scalars, from: expected.scalars)
  #expect(error <= Double(tolerance * scale), sourceLocation: sourceLocation)
}
