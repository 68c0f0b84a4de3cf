import Tensors
import Testing

@Suite("Normalisation of pixels and samples")
struct NormalizationTests {
  @Test("the features of a normalised pixel have a mean square of one", arguments: [3, 16, 37])
  func pixelScale(_ channels: Int) {
    let x = signedProbe([2, 3, 4, channels], 1) * 7
    let squares = x.pixelNormalized(epsilon: 1e-8).squared().mean(alongAxes: 3)
    expectClose(squares, shape: [2, 3, 4, 1], [Double](repeating: 1, count: 24))
  }

  @Test("gradients of a pixel's normalisation are right", arguments: [3, 16, 37])
  func pixelGradients(_ channels: Int) {
    checkGradients(at: [signedProbe([2, 2, 1, channels], 1)]) {
      $0[0].pixelNormalized(epsilon: 1e-2)
    }
  }

  @Test("a pixel of zeros stays zero, and its gradient is finite")
  func zeroPixel() {
    let x = Tensor(repeating: 0, shape: [1, 1, 1, 4]).variable()
    let y = x.pixelNormalized(epsilon: 1e-8)
    #expect(y.scalars == [0, 0, 0, 0])
    #expect(gradient(of: y, withRespectTo: [x])[0].isFinite)
  }

  @Test("every normalised sample has mean zero and variance one", arguments: [1, 5, 16])
  func sampleMoments(_ channels: Int) {
    let x = probe([3, 4, 5, channels], 1) * 3 + 5
    let y = x.layerNormalized(
      gamma: Tensor(repeating: 1, shape: [channels]),
      beta: Tensor(repeating: 0, shape: [channels]), epsilon: 0)
    for sample in 0..<3 {
      let features = y.sliced(sample..<sample + 1)
      #expect(abs(features.mean().scalar) < 1e-5)
      #expect(abs(features.squared().mean().scalar - 1) < 1e-5)
    }
  }

  @Test("no sample depends on the others")
  func independence() {
    let (gamma, beta) = (probe([6], 2), probe([6], 3))
    func normalized(_ x: Tensor) -> Tensor {
      x.layerNormalized(gamma: gamma, beta: beta, epsilon: 1e-5, slope: 0.2)
    }
    let x = probe([3, 2, 2, 6], 1)
    let alone = normalized(x.sliced(1..<2))
    #expect(normalized(x).sliced(1..<2).scalars == alone.scalars)
  }

  @Test("gradients of a sample's normalisation are right", arguments: [1 as Float, 0.25])
  func sampleGradients(_ slope: Float) {
    // Shifts keep each channel on one side of the rectifier's kink.
    let beta = Tensor(shape: [3], [6, -6, 6])
    checkGradients(at: [probe([2, 3, 2, 3], 1), probe([3], 2), beta]) {
      $0[0].layerNormalized(gamma: $0[1], beta: $0[2], epsilon: 0.1, slope: slope)
    }
  }
}
