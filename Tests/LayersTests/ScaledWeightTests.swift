import Layers
import Tensors
import Testing

@Suite("Scaled weights")
struct ScaledWeightTests {
  private let window = ConvolutionWindow(kernel: 3, padding: .all(1))

  @Test("with an equalised learning rate, inputs of deviation 1 give outputs of about the gain")
  func equalizedOutputs() {
    let input = normal([16, 8, 8, 24])
    let layers: [(String, SingleLayer)] = [
      (
        "convolution",
        SingleLayer {
          Convolution(
            "c", from: 24, to: 64, window: ConvolutionWindow(kernel: 3), hasBias: true,
            scaling: .equalized(gain: 1), initializer: .standardNormal, in: &$0)
        }
      ),
      (
        "attention's projection",
        SingleLayer {
          Convolution(
            "c", from: 24, to: 64, window: ConvolutionWindow(kernel: 1), hasBias: false,
            scaling: .equalized(gain: 1), initializer: .standardNormal, in: &$0)
        }
      ),
    ]
    for (name, layer) in layers {
      let output = layer(input)
      let deviation = (output - output.mean()).squared().mean().squareRoot().scalar
      #expect(abs(deviation - 1) < 0.1, "\(name): \(deviation)")
    }
    let dense = SingleLayer {
      Dense(
        "d", from: 512, to: 300, scaling: .equalized(gain: Float(2).squareRoot()),
        initializer: .standardNormal, in: &$0)
    }
    let deviation = dense(normal([64, 512])).squared().mean().squareRoot().scalar
    #expect(abs(deviation - Float(2).squareRoot()) < 0.1, "\(deviation)")
    // Files hold the weights as they are trained, of deviation 1.
    let stored = dense.state.weights.tensors[0].squared().mean().scalar
    #expect(abs(stored - 1) < 0.05)
  }

  @Test("the power iteration goes on only in passes that say so")
  func powerIteration() {
    let layer = SingleLayer {
      Convolution(
        "c", from: 3, to: 8, window: window, hasBias: false, scaling: .spectral,
        initializer: .standardNormal, in: &$0)
    }
    #expect(layer.state.layout.weights.map(\.name) == ["c.weight_orig"])
    #expect(layer.state.layout.statistics.map(\.name) == ["c.weight_u"])
    #expect(layer.state.layout.statistics.map(\.fileShape) == [[8]])
    let input = normal([4, 4, 4, 3])
    let start = layer.state.statistics.tensors[0].scalars
    #expect(abs(start.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)

    let inferred = layer(input).scalars
    #expect(layer.trained(input).scalars == inferred)
    #expect(layer.state.statistics.tensors[0].scalars == start)

    _ = layer.trained(input, updatesSpectralNorms: true)
    let next = layer.state.statistics.tensors[0].scalars
    #expect(next != start)
    #expect(abs(next.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    #expect(layer(input).scalars != inferred)
  }

  @Test("in the long run passes with steps and passes without give the same")
  func convergence() {
    let layer = SingleLayer {
      Dense("d", from: 9, to: 6, scaling: .spectral, initializer: .standardNormal, in: &$0)
    }
    let input = normal([4, 9])
    for _ in 0..<300 { _ = layer.trained(input, updatesSpectralNorms: true) }
    expectClose(layer.trained(input, updatesSpectralNorms: true), layer(input))
  }

  @Test("networks of one seed begin their power iterations alike, other seeds elsewhere")
  func start() {
    func vector(seed: UInt64) -> [Float] {
      SingleLayer(seed: seed) {
        Dense("d", from: 9, to: 6, scaling: .spectral, initializer: .standardNormal, in: &$0)
      }.state.statistics.tensors[0].scalars
    }
    #expect(vector(seed: 1) == vector(seed: 1))
    #expect(vector(seed: 1) != vector(seed: 2))
  }
}
