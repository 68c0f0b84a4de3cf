import Layers
import Tensors
import Testing

@Suite("Optimizers on several threads", .serialized)
struct OptimizerThreadTests {
  static let rules: [OptimizerRule] = [
    .adam(learningRate: 0.01, beta1: 0.5, beta2: 0.999, epsilon: 1e-8),
    .adamax(learningRate: 0.01, beta1: 0.5, beta2: 0.999, epsilon: 1e-7),
  ]

  @Test("weights and their average are the same, to the bit", arguments: rules)
  func bitIdentity(_ rule: OptimizerRule) {
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    let results = [1, 2, 5].map { threads in
      ComputeThreads.count = threads
      let layer = SingleLayer {
        Dense("d", from: 301, to: 333, initializer: .glorotUniform(fanIn: 3, fanOut: 3), in: &$0)
      }
      let weights = layer.state.weights
      let average = MovingAverage(of: layer.state, halfLife: 100)
      let optimizer = Optimizer(rule, for: weights)
      let gradient = weights.copy()
      for step in 1...3 {
        optimizer.update(
          weights, along: gradient,
          trailing: average.step(imagesSeen: 10_000 * step, newImages: 10))
      }
      return [weights.digest, average.state.weights.digest, optimizer.secondMoment.digest]
    }
    #expect(results[1] == results[0] && results[2] == results[0])
    #expect(Set(results[0]).count == 3)
  }
}
