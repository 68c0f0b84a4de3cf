import FixtureSupport
import Foundation
import Layers
import Tensors
import Testing

@Suite("RMSprop and restarts")
struct RootMeanSquareTests {
  private struct Golden: Decodable {
    struct Run: Decodable {
      let start: [Float]
      let gradients, weights: [[Float]]
    }
    let rmsprop: Run
  }

  @Test("steps of RMSprop are PyTorch's")
  func golden() throws {
    let run = try JSONDecoder().decode(Golden.self, from: fixture("objectives.json")).rmsprop
    let weights = TensorBuffer(shapes: [[5]])
    let gradients = TensorBuffer(shapes: [[5]])
    weights.store([Tensor(shape: [5], run.start)])
    let optimizer = Optimizer(.rmsprop(learningRate: 0.01), for: weights)
    for (gradient, expected) in zip(run.gradients, run.weights) {
      gradients.store([Tensor(shape: [5], gradient)])
      optimizer.update(weights, along: gradients)
      for (found, expected) in zip(weights.tensors[0].scalars, expected) {
        #expect(abs(found - expected) < 2e-6)
      }
    }
  }

  @Test("Adam without momentum of the first moment is scaled by the gradient's own size alone")
  func noMomentum() {
    let weights = TensorBuffer(shapes: [[2]])
    let gradients = TensorBuffer(shapes: [[2]])
    let optimizer = Optimizer(
      .adam(learningRate: 0.1, beta1: 0, beta2: 0.9, epsilon: 1e-8), for: weights)
    for gradient in [[Float(2), -3], [-1, -3]] {
      gradients.store([Tensor(shape: [2], gradient)])
      optimizer.update(weights, along: gradients)
    }
    // v = (0.9·0.1·4 + 0.1·1) / (1 − 0.81)
    let second = 0.1 * 1 / ((0.9 * 0.1 * 4 + 0.1) / 0.19 as Float).squareRoot()
    let found = weights.tensors[0].scalars
    #expect(abs(found[0] - (-0.1 + second)) < 1e-5 && abs(found[1] - 0.2) < 1e-5)
  }

  @Test("a reset optimizer moves as a new one does")
  func reset() {
    let rule = OptimizerRule.adam(learningRate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 1e-8)
    let gradients = TensorBuffer(shapes: [[2]])
    gradients.store([Tensor(shape: [2], [1, -2])])
    let (used, fresh) = (TensorBuffer(shapes: [[2]]), TensorBuffer(shapes: [[2]]))
    let optimizer = Optimizer(rule, for: used)
    optimizer.update(used, along: gradients)
    optimizer.reset()
    used.store(fresh.tensors)
    gradients.store([Tensor(shape: [2], [0.5, 3])])
    optimizer.update(used, along: gradients)
    Optimizer(rule, for: fresh).update(fresh, along: gradients)
    #expect(used.digest == fresh.digest && optimizer.updateCount == 1)
  }

  @Test("the length of a buffer, and its elements clipped")
  func normAndClip() {
    let values = (0..<5000).map { Float($0 % 7) - 3 }
    let buffer = TensorBuffer(shapes: [[5000], [3]])
    buffer.store([Tensor(shape: [5000], values), Tensor(shape: [3], [1e10, 0, -4])])
    let squares = (values + [1e10, 0, -4]).reduce(0.0) { $0 + Double($1) * Double($1) }
    #expect(abs(Double(buffer.norm) / squares.squareRoot() - 1) < 1e-6)
    buffer.clip(to: 2)
    #expect(buffer.tensors[0].scalars == values.map { min(2, max(-2, $0)) })
    #expect(buffer.tensors[1].scalars == [2, 0, -2])
    let expected = values.reduce(8.0) { $0 + pow(Double(min(2, max(-2, $1))), 2) }.squareRoot()
    #expect(abs(Double(buffer.norm) / expected - 1) < 1e-6)
  }
}
