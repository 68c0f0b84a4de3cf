import Foundation
import Layers
import Tensors
import Testing

/// The update rules against their published algorithms in float64.
@Suite("Optimizers and the moving average")
struct OptimizerTests {
  private static let count = 37
  private static let learningRate = 0.01
  /// 0.999 as float32 holds it, which is what a rule is given.
  private static let beta2 = Double(Float(0.999))

  /// Returns a gradient of magnitudes from 10⁻⁶ to 10, some of them zero.
  private func gradient(step: Int) -> [Float] {
    (0..<Self.count).map { place in
      guard (place + step) % 7 != 0 else { return 0 }
      let magnitude = pow(10, Double((place * 5 + step * 3) % 8) - 6)
      return Float((place + step) % 2 == 0 ? magnitude : -1.3 * magnitude)
    }
  }

  /// Takes ten steps with `rule`, beside `reference`, which gets weight, moments, gradient and t.
  private func compare(
    _ rule: OptimizerRule,
    with reference: (
      _ w: inout Double, _ m: inout Double, _ v: inout Double, _ g: Double, _ t: Int
    ) -> Void
  ) {
    // Tensors of several sizes, so that the gaps between them are stepped over.
    let shapes = [[3], [2, 5], [24]]
    let weights = TensorBuffer(shapes: shapes)
    let gradients = TensorBuffer(shapes: shapes)
    func split(_ values: [Float]) -> [Tensor] {
      [0..<3, 3..<13, 13..<37].enumerated().map { Tensor(shape: shapes[$0], Array(values[$1])) }
    }
    var (w, m, v) = (
      (0..<Self.count).map { Double($0) / 16 - 1 }, [Double](repeating: 0, count: Self.count),
      [Double](repeating: 0, count: Self.count)
    )
    weights.store(split(w.map(Float.init)))
    let optimizer = Optimizer(rule, for: weights)
    for step in 1...10 {
      let g = gradient(step: step)
      gradients.store(split(g))
      optimizer.update(weights, along: gradients)
      for place in w.indices { reference(&w[place], &m[place], &v[place], Double(g[place]), step) }
    }
    #expect(optimizer.updateCount == 10)
    let found = weights.tensors.flatMap(\.scalars)
    for (found, expected) in zip(found, w) {
      #expect(abs(Double(found) - expected) < 1e-4 * Self.learningRate + 2e-6)
    }
    for (found, expected) in zip(optimizer.firstMoment.tensors.flatMap(\.scalars), m) {
      #expect(abs(Double(found) - expected) <= 1e-5 * abs(expected) + 1e-12)
    }
    for (found, expected) in zip(optimizer.secondMoment.tensors.flatMap(\.scalars), v) {
      #expect(abs(Double(found) - expected) <= 1e-5 * abs(expected) + 1e-12)
    }
  }

  @Test("ten steps of Adam are those of the paper's algorithm")
  func adam() {
    let rate = Self.learningRate
    compare(.adam(learningRate: Float(rate), beta1: 0.5, beta2: 0.999, epsilon: 1e-8)) {
      w, m, v, g, t in
      m = 0.5 * m + 0.5 * g
      v = Self.beta2 * v + (1 - Self.beta2) * g * g
      let (mean, square) = (m / (1 - pow(0.5, Double(t))), v / (1 - pow(Self.beta2, Double(t))))
      w -= rate * mean / (square.squareRoot() + 1e-8)
    }
  }

  @Test("ten steps of Adamax are those of Keras")
  func adamax() {
    let rate = Self.learningRate
    compare(.adamax(learningRate: Float(rate), beta1: 0.5, beta2: 0.999, epsilon: 1e-7)) {
      w, m, v, g, t in
      m = 0.5 * m + 0.5 * g
      v = max(Self.beta2 * v, abs(g))
      w -= rate / (1 - pow(0.5, Double(t))) * m / (v + 1e-7)
    }
  }

  @Test("another step size leaves the rest of a rule alone")
  func learningRate() {
    let adam = OptimizerRule.adam(learningRate: 1, beta1: 0.5, beta2: 0.9, epsilon: 1e-8)
    #expect(
      adam.withLearningRate(0.25)
        == .adam(learningRate: 0.25, beta1: 0.5, beta2: 0.9, epsilon: 1e-8))
    #expect(adam.withLearningRate(0.25).learningRate == 0.25)
  }

  @Test(
    "an average that trails the update is one made after it, to the bit",
    arguments: [
      OptimizerRule.adam(learningRate: 0.01, beta1: 0.5, beta2: 0.999, epsilon: 1e-8),
      .adamax(learningRate: 0.01, beta1: 0.5, beta2: 0.999, epsilon: 1e-7),
    ])
  func trailing(_ rule: OptimizerRule) {
    let layer = SingleLayer {
      Dense("d", from: Self.count, to: 1, initializer: .glorotUniform(fanIn: 3, fanOut: 3), in: &$0)
    }
    let weights = layer.state.weights
    let alone = weights.copy()
    let average = MovingAverage(of: layer.state, halfLife: 100)
    var expected = average.state.weights.tensors[0].scalars
    let (trailed, plain) = (Optimizer(rule, for: weights), Optimizer(rule, for: alone))
    let gradients = TensorBuffer(shapes: weights.shapes)
    for step in 1...5 {
      gradients.withMutableScalars(of: 0) { _ = $0.update(from: gradient(step: step)) }
      trailed.update(
        weights, along: gradients, trailing: average.step(imagesSeen: 10_000, newImages: 10))
      plain.update(alone, along: gradients)
      let decay = Float(pow(0.5, 0.1))
      for (place, weight) in alone.tensors[0].scalars.enumerated() {
        expected[place] = decay * expected[place] + (1 - decay) * weight
      }
    }
    #expect(weights.digest == alone.digest)
    #expect(trailed.firstMoment.digest == plain.firstMoment.digest)
    #expect(trailed.secondMoment.digest == plain.secondMoment.digest)
    #expect(
      average.state.weights.tensors[0].scalars.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  /// Moves an average towards a layer's weights, which a gradient of zero leaves where they are.
  private func move(
    _ average: MovingAverage, towards layer: SingleLayer, imagesSeen: Int, newImages: Int
  ) {
    let weights = layer.state.weights
    Optimizer(.adam(learningRate: 1, beta1: 0.5, beta2: 0.9, epsilon: 1e-8), for: weights).update(
      weights, along: TensorBuffer(shapes: weights.shapes),
      trailing: average.step(imagesSeen: imagesSeen, newImages: newImages))
  }

  @Test("after its half-life in images, a past weight counts half")
  func halfLife() {
    let layer = SingleLayer { Dense("d", from: 1, to: 1, initializer: .constant(1), in: &$0) }
    let average = MovingAverage(of: layer.state, halfLife: 100)
    layer.set(0, to: [3])
    for step in 0..<10 {
      move(average, towards: layer, imagesSeen: 10_000 + 10 * step, newImages: 10)
    }
    let weight = average.state.weights.tensors[0].scalar
    #expect(abs(weight - 2) < 1e-5)
  }

  @Test("the first average forgets the initial weights within a twentieth of the images seen")
  func earlyAverage() {
    let layer = SingleLayer { Dense("d", from: 1, to: 1, initializer: .constant(1), in: &$0) }
    let average = MovingAverage(of: layer.state, halfLife: 10_000)
    layer.set(0, to: [3])
    move(average, towards: layer, imagesSeen: 64, newImages: 64)
    // The half-life is 3.2 images: 64 are twenty of them.
    #expect(abs(average.state.weights.tensors[0].scalar - 3) < 1e-5)
    move(average, towards: layer, imagesSeen: 1280, newImages: 64)
    #expect(layer.state.weights.tensors[0].scalar == 3)
  }
}
