import FixtureSupport
import Tensors
import Testing

@Suite("Convolution of enlarged pictures, and means of convolved ones")
struct ResampledConvolutionTests {
  @Test(
    "equals upsampling and then convolving, and so do its gradients",
    arguments: [
      // Batch, height, width, input channels, output channels.
      [1, 1, 1, 1, 1], [2, 3, 5, 4, 3], [17, 4, 4, 48, 40], [4, 8, 8, 32, 64], [3, 8, 12, 7, 3],
    ])
  func equalsTwoSteps(sizes: [Int]) {
    let (inputs, outputs) = (sizes[3], sizes[4])
    let input = normal(Array(sizes[0..<4]), step: 0).variable()
    let weights = normal([3, 3, inputs, outputs], step: 1).variable()
    let upstream = normal([sizes[0], 2 * sizes[1], 2 * sizes[2], outputs], step: 2)

    let fused = input.upsampledConvolved(with: weights)
    let twoSteps = input.upsampled(by: 2).convolved(
      with: weights, window: ConvolutionWindow(kernel: 3, padding: .all(1)))
    expectEqual(fused, twoSteps)
    let gradients = [fused, twoSteps].map {
      gradient(of: $0, withRespectTo: [input, weights], upstream: upstream)
    }
    expectEqual(gradients[0][0], gradients[1][0])
    expectEqual(gradients[0][1], gradients[1][1])
  }

  @Test("can be differentiated twice")
  func gradients() {
    checkGradients(at: [
      signedProbe([2, 2, 3, 3], 1), signedProbe([3, 3, 3, 2], 2),
    ]) { $0[0].upsampledConvolved(with: $0[1]) }
  }

  @Test(
    "convolving and then taking means equals the convolution of stride 2, and so do gradients",
    arguments: [[1, 2, 2, 1, 1], [2, 4, 6, 4, 3], [17, 8, 8, 48, 40], [4, 16, 8, 32, 64]])
  func pooledEqualsTwoSteps(sizes: [Int]) {
    let (inputs, outputs) = (sizes[3], sizes[4])
    let input = normal(Array(sizes[0..<4]), step: 0).variable()
    let weights = normal([3, 3, inputs, outputs], step: 1).variable()
    let bias = normal([outputs], step: 3).variable()
    let upstream = normal([sizes[0], sizes[1] / 2, sizes[2] / 2, outputs], step: 2)

    let fused = input.pooledConvolved(with: weights, adding: bias)
    let twoSteps = input.convolved(
      with: weights, adding: bias, window: ConvolutionWindow(kernel: 3, padding: .all(1))
    ).averagePooled(by: 2)
    expectEqual(fused, twoSteps)
    let gradients = [fused, twoSteps].map {
      gradient(of: $0, withRespectTo: [input, weights, bias], upstream: upstream)
    }
    for (found, expected) in zip(gradients[0], gradients[1]) { expectEqual(found, expected) }
  }

  @Test("the convolution with means can be differentiated twice")
  func pooledGradients() {
    checkGradients(at: [
      signedProbe([2, 4, 2, 3], 1), signedProbe([3, 3, 3, 2], 2), signedProbe([2], 3),
    ]) { $0[0].pooledConvolved(with: $0[1], adding: $0[2]) }
  }

  private func normal(_ shape: [Int], step: UInt64) -> Tensor {
    let stream = RandomStream(seed: 5, purpose: .initialization)
    return Tensor(shape: shape) { stream.fillNormal($0, step: step) }
  }

  /// Expects the same numbers up to rounding, relative to their mean size.
  private func expectEqual(
    _ actual: Tensor, _ expected: Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(actual.shape == expected.shape, sourceLocation: sourceLocation)
    let size = expected.squared().mean().squareRoot().scalar
    let error = largestError(of: actual.scalars, from: expected.scalars)
    #expect(error <= 1e-4 * Double(size), sourceLocation: sourceLocation)
  }
}
