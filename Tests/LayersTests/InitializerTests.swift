import Layers
import Tensors
import Testing

@Suite("First values of weights")
struct InitializerTests {
  private func values(
    _ initializer: Initializer, seed: UInt64 = 1, network: UInt32 = 0, index: Int = 0
  ) -> [Double] {
    var layout = WeightLayout()
    for _ in 0...index {
      _ = Dense("layer", from: 200, to: 300, initializer: initializer, in: &layout)
    }
    let state = NetworkState(layout: layout, seed: seed, network: network)
    return state.weights.tensors[2 * index].scalars.map(Double.init)
  }

  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }

  @Test("a normal initializer has its mean and deviation")
  func normal() {
    let values = values(.normal(mean: 1, deviation: 0.02))
    let (mean, deviation) = moments(values)
    // Four standard errors of 60,000 values.
    #expect(abs(mean - 1) < 4 * 0.02 / 60_000.0.squareRoot())
    #expect(abs(deviation - 0.02) < 4 * 0.02 / 120_000.0.squareRoot())
    let beyondTwo = values.count { abs($0 - 1) > 0.04 }
    #expect(abs(Double(beyondTwo) / 60_000 - 0.0455) < 0.004)
  }

  @Test("Glorot's initializer is uniform within ±√(6 / (fan in + fan out))")
  func glorot() {
    let values = values(.glorotUniform(fanIn: 200, fanOut: 300))
    let limit = (6.0 / 500).squareRoot()
    let (mean, deviation) = moments(values)
    #expect(values.allSatisfy { abs($0) <= limit * 1.000001 })
    #expect(values.map(abs).max() ?? 0 > 0.999 * limit)
    #expect(abs(mean) < 4 * limit / (3 * 60_000.0).squareRoot())
    #expect(abs(deviation / (limit / 3.0.squareRoot()) - 1) < 0.01)
  }

  @Test("a constant is itself; biases begin at zero")
  func constant() {
    #expect(Set(values(.constant(0.5))) == [0.5])
    var layout = WeightLayout()
    _ = Dense("head", from: 2, to: 3, initializer: .constant(1), in: &layout)
    #expect(
      NetworkState(layout: layout, seed: 1, network: 0).weights.tensors[1].scalars == [0, 0, 0])
  }

  @Test("the same seed gives the same values; seeds, networks and weights differ")
  func reproducibility() {
    let initializer = Initializer.normal(mean: 0, deviation: 1)
    let reference = values(initializer)
    #expect(values(initializer) == reference)
    #expect(values(initializer, seed: 2) != reference)
    #expect(values(initializer, network: 1) != reference)
    #expect(values(initializer, index: 1) != reference)
  }

  @Test("a gain widens Glorot's range; a uniform initializer fills its own")
  func uniform() {
    let (usual, wide) = (
      values(.glorotUniform(fanIn: 200, fanOut: 300)),
      values(.glorotUniform(fanIn: 200, fanOut: 300, gain: 2))
    )
    #expect(zip(usual, wide).allSatisfy { abs(2 * $0 - $1) < 1e-6 })
    let values = values(.uniform(1...3))
    #expect(values.allSatisfy { (1...3).contains($0) })
    let (mean, deviation) = moments(values)
    #expect(abs(mean - 2) < 0.01)
    #expect(abs(deviation - 1 / 3.0.squareRoot()) < 0.01)
  }

  @Test("He's initializer has deviation √(2 / fan in)")
  func he() {
    let (mean, deviation) = moments(values(.heNormal(fanIn: 200)))
    #expect(abs(mean) < 0.002)
    #expect(abs(deviation - 0.1) < 0.002)
  }

  @Test("a direction has length one, and is none of the normal numbers of a weight")
  func direction() {
    let direction = values(.direction)
    #expect(abs(direction.reduce(0) { $0 + $1 * $1 } - 1) < 1e-4)
    let normal = values(.normal(mean: 0, deviation: 1))
    let product = zip(direction, normal).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(product) < 5)
  }
}
