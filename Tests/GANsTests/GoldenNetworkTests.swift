import GANs
import Layers
import Tensors
import Testing

/// Both models against PyTorch's on the same weights and inputs.
@Suite("Golden values of whole networks")
struct GoldenNetworkTests {
  @Test(
    "one step's images, logits, losses, gradients, updates and statistics are PyTorch's",
    arguments: [ModelName.dcgan, .paper])
  func step(_ model: ModelName) throws {
    let golden = try NetworkFixture(of: model)
    let gan = try model.makeGAN(ArchitectureOptions())
    let generator = NetworkReplica(gan.generator, golden.generator, role: golden.salt + "generator")
    let discriminator = NetworkReplica(
      gan.discriminator, golden.discriminator, role: golden.salt + "discriminator")
    func input(_ name: String) throws -> Tensor {
      try #require(golden.inputs[name]).tensor(named: golden.salt + name)
    }
    let objective = NonSaturating(
      discriminatorReduction: model == .dcgan ? .sumOfHalves : .meanOfAll)
    let count = golden.batchSize

    // The discriminator's phase.
    let reals = try input("reals").channelsLast
    var fakes = generator(try input("latents"))
    expectImages(fakes.channelsFirst, match: golden.fakes)
    let logits = discriminator(
      .concatenated([reals, fakes.detached]),
      groups: gan.recipe.normalizesRealsAndFakesApart ? 2 : 1)
    let realLogits = logits.sliced(0..<count)
    let fakeLogits = logits.sliced(count..<2 * count)
    expectClose("logits", logits, golden.realLogits + golden.fakeLogits)
    let discriminatorLoss = objective.discriminatorLoss(
      realLogits: realLogits, fakeLogits: fakeLogits,
      noise: SampleNoise(seed: 0, step: 0, phase: 0, samples: []))
    expectClose("discriminator loss", discriminatorLoss, [golden.discriminatorLoss])
    discriminator.expectStatistics(
      golden.discriminatorRunning
    ) { $0.afterDiscriminatorPhase }

    // The generator's phase, judged by the discriminator as it is: a first step of an adaptive
    // optimizer is the rate times about the sign of the gradient, and would magnify rounding.
    if gan.recipe.drawsFreshLatentsForGenerator {
      fakes = generator(try input("generatorLatents"))
    }
    let judgement = discriminator(fakes, groups: 1)
    expectClose("generator logits", judgement, golden.generatorLogits)
    let generatorLoss = objective.generatorLoss(fakeLogits: judgement)
    expectClose("generator loss", generatorLoss, [golden.generatorLoss])
    generator.learn(from: generatorLoss, by: gan.recipe.generatorOptimizer)
    discriminator.learn(from: discriminatorLoss, by: gan.recipe.discriminatorOptimizer)
    generator.expectStatistics(golden.generatorRunning) { $0.values }
    discriminator.expectStatistics(golden.discriminatorRunning) { $0.values }
  }

  private func expectImages(_ images: Tensor, match golden: NetworkFixture.Images) {
    let scalars = images.scalars.map(Double.init)
    expectClose("images", golden.positions.map { scalars[$0] }, golden.values)
    let perImage = scalars.count / golden.sums.count
    let rows = stride(from: 0, to: scalars.count, by: perImage).map {
      scalars[$0..<$0 + perImage]
    }
    // A sum of both signs is small against what it is a sum of.
    expectClose(
      "sums", rows.map { $0.reduce(0, +) }, golden.sums,
      scale: rows.map { $0.reduce(0) { $0 + abs($1) } }.max())
    expectClose("square sums", rows.map { $0.reduce(0) { $0 + $1 * $1 } }, golden.squareSums)
  }
}

/// A network with the fixture's weights that learns once.
private final class NetworkReplica {
  private let architecture: GAN.Architecture
  private let parameters: [NetworkFixture.Parameter]
  private let state: NetworkState
  private var variables: [Tensor] = []

  init(
    _ architecture: GAN.Architecture, _ parameters: [NetworkFixture.Parameter], role: String
  ) {
    self.architecture = architecture
    self.parameters = parameters
    state = NetworkState(layout: architecture.layout, seed: 0, network: 0)
    #expect(architecture.layout.weights.map(\.name) == parameters.map(\.name))
    #expect(architecture.layout.weights.map(\.fileShape) == parameters.map(\.values.shape))
    state.weights.store(
      zip(architecture.layout.weights, parameters).map { entry, parameter in
        parameter.values.tensor(named: "\(role).\(parameter.name)").inMemoryOrder(entry)
      })
    variables = state.weights.tensors.map { $0.variable() }
  }

  func callAsFunction(_ input: Tensor, groups: Int = 1) -> Tensor {
    architecture.body(
      input,
      in: ForwardPass(
        training: .init(noise: nil, groups: groups), state: state, weights: variables))
  }

  /// Compares the gradient of `loss`, takes an optimizer's step along it, and compares its result.
  func learn(from loss: Tensor, by rule: OptimizerRule) {
    let gradients = TensorBuffer(shapes: state.weights.shapes)
    gradients.store(gradient(of: loss, withRespectTo: variables))
    let entries = architecture.layout.weights
    for (index, golden) in parameters.enumerated() {
      let found = gradients.tensors[index].inFileOrder(entries[index]).scalars.map(Double.init)
      let norm = found.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if golden.gradientIsZero {
        // Zero on the scale of the gradient of the weight that the bias belongs to.
        expectClose(
          "gradient norm of \(golden.name)", [norm], [0], scale: parameters[index - 1].gradientNorm)
        continue
      }
      expectClose("gradient norm of \(golden.name)", [norm], [golden.gradientNorm])
      expectClose(
        "gradient of \(golden.name)", golden.positions.map { found[$0] }, golden.gradient,
        scale: golden.gradientMaximum)
    }
    Optimizer(rule, for: state.weights).update(state.weights, along: gradients)
    for (index, golden) in parameters.enumerated() where !golden.gradientIsZero {
      let found = state.weights.tensors[index].inFileOrder(entries[index]).scalars
      // A first step is the rate times nearly the sign of the gradient: where that is rounding
      // noise, so is the step. It is compared to a thousandth, near the precision of the weights.
      let isClear = golden.gradient.map { abs($0) > 1e-3 * golden.gradientMaximum }
      let places = golden.positions.indices.filter { isClear[$0] }
      expectClose(
        "update of \(golden.name)", places.map { Double(found[golden.positions[$0]]) },
        places.map { golden.updated[$0] }, scale: Double(rule.learningRate) * 10)
    }
  }

  func expectStatistics(
    _ golden: [NetworkFixture.Statistic], _ values: (NetworkFixture.Statistic) -> [Double]?
  ) {
    #expect(architecture.layout.statistics.map(\.name) == golden.map(\.name))
    for (tensor, statistic) in zip(state.statistics.tensors, golden) {
      let found = tensor.scalars
      expectClose(
        statistic.name, statistic.positions.map { Double(found[$0]) },
        values(statistic) ?? [], scale: 1)
    }
  }
}

/// Expects a relative error below 1e-4 of the largest magnitude, or of `scale`.
private func expectClose(
  _ quantity: String, _ found: [Double], _ golden: [Double], scale: Double? = nil,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == golden.count, "\(quantity)", sourceLocation: sourceLocation)
  let error = zip(found, golden).map { abs($0 - $1) }.max() ?? 0
  let scale = scale ?? golden.map(abs).max() ?? 1
  #expect(
    error < 1e-4 * scale, "\(quantity): \(error / scale) off", sourceLocation: sourceLocation)
}

private func expectClose(
  _ quantity: String, _ found: Tensor, _ golden: [Double],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(quantity, found.scalars.map(Double.init), golden, sourceLocation: sourceLocation)
}
