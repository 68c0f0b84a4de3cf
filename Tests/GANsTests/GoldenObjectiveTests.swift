import FixtureSupport
import Foundation
import GANs
import Layers
import Tensors
import Testing

/// Losses and penalties in float64 by PyTorch; `Tests/Fixtures/make_objective_fixtures.py` makes
/// them and describes them.
private struct ObjectiveFixture: Decodable {
  struct Loss: Decodable {
    let discriminator, generator: Double
    let real, fake, generated: [Double]
  }

  struct Penalty: Decodable {
    let value: Double
    let hidden, bias, output: [Double]
  }

  let logits: [String: [Float]]
  let losses: [String: Loss]
  let critic: [String: [Float]]
  let images: [String: [Float]]
  let penalties: [String: Penalty]
}

@Suite("Golden values of objectives")
struct GoldenObjectiveTests {
  private let golden: ObjectiveFixture
  private let noise = SampleNoise(seed: 3, step: 0, phase: 0, samples: [0, 1, 2])

  init() throws {
    golden = try JSONDecoder().decode(ObjectiveFixture.self, from: fixture("objectives.json"))
  }

  private func expectClose(_ found: Tensor, _ expected: [Double], _ what: String) {
    let scale = expected.reduce(1e-3) { max($0, abs($1)) }
    #expect(found.count == expected.count)
    for (found, expected) in zip(found.scalars, expected) {
      #expect(abs(Double(found) - expected) < 1e-5 * scale, "\(what)")
    }
  }

  @Test(
    "losses and their derivatives are PyTorch's",
    arguments: ObjectiveName.allCases.map(\.rawValue)
      + ["wgan-gp-drift"])
  func losses(name: String) throws {
    let objective =
      ObjectiveName(rawValue: name)?.makeObjective() ?? WassersteinGradientPenalty(drift: 0.001)
    let expected = try #require(golden.losses[name])
    let real = Tensor(shape: [5], try #require(golden.logits["real"])).variable()
    let fake = Tensor(shape: [5], try #require(golden.logits["fake"])).variable()
    let discriminator = objective.discriminatorLoss(
      realLogits: real, fakeLogits: fake, noise: noise)
    expectClose(discriminator, [expected.discriminator], "discriminator's loss")
    let slopes = gradient(of: discriminator, withRespectTo: [real, fake])
    expectClose(slopes[0], expected.real, "derivative by real logits")
    expectClose(slopes[1], expected.fake, "derivative by logits of generated images")
    let generator = objective.generatorLoss(fakeLogits: fake)
    expectClose(generator, [expected.generator], "generator's loss")
    expectClose(
      gradient(of: generator, withRespectTo: [fake])[0], expected.generated,
      "the generator's derivative")
  }

  /// A critic with a curved output, as the fixture describes it: its penalty depends on every
  /// weight.
  private func penalty(
    _ penalty: any Penalty, weights: [Tensor], reals: Tensor, fakes: Tensor
  ) -> Tensor {
    penalty(reals: reals, fakes: fakes, noise: noise) { images in
      let features = images.reshaped(to: [3, 12]).matrixProduct(weights[0]) + weights[1]
      return features.tanh().matrixProduct(weights[2]).reshaped(to: [3])
    }
  }

  private func weights() throws -> [Tensor] {
    [
      Tensor(shape: [12, 7], try #require(golden.critic["hidden"])),
      Tensor(shape: [7], try #require(golden.critic["bias"])),
      Tensor(shape: [7, 1], try #require(golden.critic["output"])),
    ]
  }

  /// Real and generated images between which the test's noise chooses those of the fixture.
  private func images(for name: ObjectiveName) throws -> (reals: Tensor, fakes: Tensor) {
    let shape = [3, 2, 2, 3]
    let reals = Tensor(shape: shape, try #require(golden.images["real"]))
    let fakes = Tensor(shape: shape, try #require(golden.images["fake"]))
    guard name == .wassersteinGradientPenalty else { return (reals, fakes) }
    let place = Tensor(shape: [3, 1, 1, 1], try #require(golden.images["place"]))
    let drawn = noise.uniform(.interpolation, shape: [1, 1, 1])
    let between = fakes + place * (reals - fakes)
    // The line from here through the fixture's image, as long as the draw makes it end there.
    return (fakes + (between - fakes) / drawn, fakes)
  }

  @Test(
    "penalties and their gradients of second order are PyTorch's",
    arguments: [ObjectiveName.wassersteinGradientPenalty, .r1])
  func penalties(name: ObjectiveName) throws {
    let expected = try #require(golden.penalties[name.rawValue])
    let variables = try weights().map { $0.variable() }
    let (reals, fakes) = try images(for: name)
    let found = penalty(
      try #require(name.makeObjective().penalty), weights: variables, reals: reals, fakes: fakes)
    expectClose(found, [expected.value], "penalty")
    let slopes = gradient(of: found, withRespectTo: variables)
    for (slope, expected) in zip(slopes, [expected.hidden, expected.bias, expected.output]) {
      expectClose(slope, expected, "gradient of the penalty")
    }
  }

  @Test(
    "the gradient of a penalty is its slope along any direction",
    arguments: [ObjectiveName.wassersteinGradientPenalty, .r1])
  func differences(name: ObjectiveName) throws {
    let weights = try weights()
    let (reals, fakes) = try images(for: name)
    let penalty = try #require(name.makeObjective().penalty)
    let variables = weights.map { $0.variable() }
    let slopes = gradient(
      of: self.penalty(penalty, weights: variables, reals: reals, fakes: fakes),
      withRespectTo: variables)
    for index in weights.indices {
      let direction = SampleNoise(seed: UInt64(index), step: 0, phase: 0, samples: [0])
        .normal(.painting, shape: weights[index].shape).reshaped(to: weights[index].shape)
      func moved(_ distance: Float) -> Double {
        var weights = weights
        weights[index] = weights[index] + distance * direction
        return Double(
          self.penalty(penalty, weights: weights, reals: reals, fakes: fakes).scalar)
      }
      let measured = (moved(0.01) - moved(-0.01)) / 0.02
      let predicted = Double((slopes[index] * direction).sum().scalar)
      #expect(abs(measured - predicted) < 5e-3 * max(1, abs(predicted)))
    }
  }

  @Test("each image lies at a place of its own between a generated one and a real one")
  func interpolation() throws {
    let reals = Tensor(repeating: 1, shape: [3, 2, 2, 3])
    let fakes = Tensor(repeating: 0, shape: [3, 2, 2, 3])
    var places: [Float] = []
    _ = UnitSlopePenalty(weight: 10)(reals: reals, fakes: fakes, noise: noise) { images in
      places = images.mean(alongAxes: 1, 2, 3).scalars
      return images.sum(alongAxes: 1, 2, 3).reshaped(to: [3])
    }
    let draws = noise.uniform(.interpolation, shape: []).scalars
    #expect(zip(places, draws).allSatisfy { abs($0 - $1) < 1e-6 } && Set(draws).count == 3)
  }

  @Test("a flat critic has a penalty with a finite gradient")
  func flatCritic() {
    let weight = Tensor(repeating: 0, shape: [12, 1]).variable()
    let images = Tensor(repeating: 0.5, shape: [3, 2, 2, 3])
    let penalty = UnitSlopePenalty(weight: 10)(reals: images, fakes: images, noise: noise) {
      $0.reshaped(to: [3, 12]).matrixProduct(weight).reshaped(to: [3])
    }
    #expect(abs(penalty.scalar - 10) < 1e-3)
    #expect(gradient(of: penalty, withRespectTo: [weight])[0].isFinite)
  }

  @Test("clipping refuses a discriminator whose layers scale what has been clipped")
  func scaledWeights() throws {
    let refusing: Set<ModelName> = [.sngan, .snganResNet, .sagan, .pggan, .portrait]
    for model in ModelName.allCases {
      var gan = try model.makeGAN(ArchitectureOptions())
      gan.recipe.objective = Wasserstein()
      if refusing.contains(model) {
        #expect(throws: ArchitectureError.self) { try gan.requireWeightLimitToFit() }
      } else {
        try gan.requireWeightLimitToFit()
      }
      gan.recipe.objective = Hinge()
      try gan.requireWeightLimitToFit()
    }
  }

  @Test("a penalty for each image by itself refuses a discriminator with batch normalisation")
  func batchNormalization() throws {
    var gan = try ModelName.dcgan.makeGAN(ArchitectureOptions(imageSize: 32, featureMaps: 8))
    for name in ObjectiveName.allCases {
      gan.recipe.objective = name.makeObjective()
      if gan.recipe.objective.penalty == nil {
        try gan.requirePenaltyToFit()
      } else {
        #expect(throws: ArchitectureError.self) { try gan.requirePenaltyToFit() }
        // Layers that run as in inference normalise no image by others.
        gan.recipe.runsLayersAsInInference = true
        try gan.requirePenaltyToFit()
        gan.recipe.runsLayersAsInInference = false
      }
    }
  }
}
