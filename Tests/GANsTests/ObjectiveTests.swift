import Foundation
import GANs
import Layers
import Tensors
import Testing

@Suite("The objective of the original GAN")
struct ObjectiveTests {
  private let noise = SampleNoise(seed: 3, step: 0, phase: 0, samples: [0, 1, 2])
  private let reals = Tensor(shape: [3], [0.5, -1, 2])
  private let fakes = Tensor(shape: [3], [-0.25, 1, -3])

  private func cross(_ tensor: Tensor, labels: [Double]) -> Double {
    zip(tensor.scalars, labels).reduce(0) { sum, pair in
      let score = 1 / (1 + exp(-Double(pair.0)))
      return sum - pair.1 * log(score) - (1 - pair.1) * log(1 - score)
    } / Double(labels.count)
  }

  @Test("both losses are binary cross-entropies")
  func crossEntropies() {
    let expected = cross(reals, labels: [1, 1, 1]) + cross(fakes, labels: [0, 0, 0])
    let sum = NonSaturating(discriminatorReduction: .sumOfHalves)
      .discriminatorLoss(realLogits: reals, fakeLogits: fakes, noise: noise)
    #expect(abs(Double(sum.scalar) - expected) < 1e-6)
    let objective = NonSaturating(discriminatorReduction: .meanOfAll)
    let mean = objective.discriminatorLoss(realLogits: reals, fakeLogits: fakes, noise: noise)
    #expect(abs(Double(mean.scalar) - expected / 2) < 1e-6)
    let generator = objective.generatorLoss(fakeLogits: fakes)
    #expect(abs(Double(generator.scalar) - cross(fakes, labels: [1, 1, 1])) < 1e-6)
  }

  @Test("at a guess the losses are ln 2, or twice that for a sum")
  func guess() {
    let zeros = Tensor(repeating: 0, shape: [3])
    for (reduction, factor) in [
      (NonSaturating.Reduction.meanOfAll, Float(1)), (.sumOfHalves, 2),
    ] {
      let objective = NonSaturating(discriminatorReduction: reduction)
      let loss = objective.discriminatorLoss(realLogits: zeros, fakeLogits: zeros, noise: noise)
      #expect(abs(loss.scalar - factor * 0.6931472) < 1e-6)
      #expect(abs(objective.generatorLoss(fakeLogits: zeros).scalar - 0.6931472) < 1e-6)
    }
  }

  @Test("label noise is uniform in 0 to its size, the sample's own, and another for fakes")
  func labelNoise() {
    let objective = NonSaturating(discriminatorReduction: .sumOfHalves, labelNoise: 0.05)
    let loss = objective.discriminatorLoss(realLogits: reals, fakeLogits: fakes, noise: noise)
    func labels(_ base: Double, source: UInt8) -> [Double] {
      noise.uniform(.labels, source: source, shape: []).scalars.map { base + 0.05 * Double($0) }
    }
    let expected =
      cross(reals, labels: labels(1, source: 0)) + cross(fakes, labels: labels(0, source: 1))
    #expect(abs(Double(loss.scalar) - expected) < 1e-6)
    #expect(labels(0, source: 0) != labels(0, source: 1))
  }

  @Test("logits of a thousand neither overflow nor lose their gradient")
  func extremes() {
    let (sure, wrong) = (Tensor(shape: [1], [1000]), Tensor(shape: [1], [-1000]).variable())
    let objective = NonSaturating(discriminatorReduction: .sumOfHalves)
    let loss = objective.discriminatorLoss(realLogits: wrong, fakeLogits: sure, noise: noise)
    #expect(loss.scalar == 2000)
    #expect(gradient(of: loss, withRespectTo: [wrong])[0].scalars == [-1])
  }
}
