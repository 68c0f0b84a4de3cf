import Layers
import Tensors
import Testing

@Suite("Batch normalisation as a layer")
struct BatchNormalizationTests {
  private let input = Tensor(shape: [4, 1, 1, 2], [1, 10, 3, 20, 5, 60, 7, 30])

  private func layer(
    momentum: Float = 0.1, isUnbiased: Bool = true, slope: Float = 1
  ) -> SingleLayer {
    SingleLayer {
      BatchNormalization(
        "norm", channels: 2, epsilon: 0.5,
        average: .init(momentum: momentum, isUnbiased: isUnbiased), slope: slope, in: &$0)
    }
  }

  @Test("in training a batch is normalised by its own biased variance, scaled, shifted, rectified")
  func training() {
    let layer = layer(slope: 0.5)
    layer.set(0, to: [2, 1])
    layer.set(1, to: [0, 1])
    // Means 4 and 30; biased variances 5 and 350.
    let deviations = [Float(5.5).squareRoot(), Float(350.5).squareRoot()]
    let expected = input.scalars.enumerated().map { place, x -> Float in
      let channel = place % 2
      let y = (x - [4, 30][channel]) / deviations[channel] * [2, 1][channel] + [0, 1][channel]
      return y > 0 ? y : 0.5 * y
    }
    expectClose(layer.trained(input), Tensor(shape: input.shape, expected))
  }

  @Test(
    "running averages move by the momentum, variances with or without Bessel's correction",
    arguments: [true, false])
  func runningAverages(isUnbiased: Bool) {
    let layer = layer(momentum: 0.2, isUnbiased: isUnbiased)
    var (mean, variance): ([Double], [Double]) = ([0, 0], [1, 1])
    for _ in 0..<3 {
      _ = layer.trained(input)
      let correction = isUnbiased ? 4.0 / 3 : 1
      for (channel, batch) in [(4.0, 5.0), (30.0, 350.0)].enumerated() {
        mean[channel] += 0.2 * (batch.0 - mean[channel])
        variance[channel] += 0.2 * (batch.1 * correction - variance[channel])
      }
    }
    let statistics = layer.state.statistics.tensors
    expectClose(statistics[0], Tensor(shape: [2], mean.map(Float.init)))
    expectClose(statistics[1], Tensor(shape: [2], variance.map(Float.init)))
    #expect(
      layer.state.layout.statistics.map(\.name) == ["norm.running_mean", "norm.running_var"])
  }

  @Test("a pass may weigh its batch itself: 1, 1/2, 1/3, … make the mean of all batches")
  func measuredStatistics() {
    let layer = layer()
    for (index, factor) in [Float(1), 3, 8].enumerated() {
      _ = layer.trained(input * factor, statisticsMomentum: 1 / Float(index + 1))
    }
    expectClose(layer.state.statistics.tensors[0], Tensor(shape: [2], [16, 120]))
  }

  @Test("a weight of 1 leaves nothing of what the statistics were before, not even rounding")
  func forgetting() {
    let (fresh, used) = (layer(), layer())
    _ = used.trained(input * 12345.678)
    for layer in [fresh, used] { _ = layer.trained(input * 0.1, statisticsMomentum: 1) }
    for (a, b) in zip(fresh.state.statistics.tensors, used.state.statistics.tensors) {
      #expect(a.scalars == b.scalars)
    }
  }

  @Test("two groups are normalised apart and move the running averages one after the other")
  func groups() {
    let together = layer()
    let apart = layer()
    let output = together.trained(input, groups: 2)
    let halves = [input.sliced(0..<2), input.sliced(2..<4)].map { apart.trained($0) }
    expectClose(output, .concatenated(halves))
    for (a, b) in zip(together.state.statistics.tensors, apart.state.statistics.tensors) {
      expectClose(a, b)
    }
  }

  @Test("in inference the running averages normalise, and stay as they are")
  func inference() {
    let layer = layer(momentum: 1, isUnbiased: false, slope: 0.5)
    _ = layer.trained(input)
    let batchOfOne = layer(Tensor(shape: [1, 1, 1, 2], [9, -20]))
    expectClose(
      batchOfOne,
      Tensor(
        shape: [1, 1, 1, 2],
        [5 / Float(5.5).squareRoot(), 0.5 * -50 / Float(350.5).squareRoot()]))
    #expect(layer.state.statistics.tensors[0].scalars == [4, 30])
  }
}
