import FixtureSupport
import GANs
import Layers
import Tensors
import Testing

/// All models against PyTorch's on the same weights and inputs.
@Suite("Golden values of whole networks")
struct GoldenNetworkTests {
  @Test(
    "one step's images, logits, losses, gradients, updates and statistics are PyTorch's",
    arguments: ModelName.allCases)
  func step(_ model: ModelName) throws {
    let golden = try NetworkFixture(of: model)
    let gan = try golden.makeGAN()
    let growth = golden.growth.map { Growth(level: $0.level, fade: $0.fade) }
    func replica(_ architecture: GAN.Architecture, of role: Role) -> NetworkReplica {
      NetworkReplica(architecture, role, in: golden, growth: growth)
    }
    let generator = replica(gan.generator, of: .generator)
    let discriminator = replica(gan.discriminator, of: .discriminator)
    func input(_ name: String) throws -> Tensor {
      try #require(golden.inputs[name]).tensor(named: golden.salt + name)
    }
    // Noise is for labels, which are as they are here, and for the places of a penalty.
    let noise = SampleNoise(seed: 0, step: 0, phase: 0, samples: [0, 1, 2, 3])
    let objective =
      model == .paper ? NonSaturating(discriminatorReduction: .meanOfAll) : gan.recipe.objective
    let count = golden.batchSize

    // The discriminator's phase.
    let reals = try input("reals").channelsLast
    var fakes = generator(try input("latents"), updatesSpectralNorms: true)
    expectImages(fakes.channelsFirst, match: golden.fakes)
    let logits = discriminator(
      .concatenated([reals, fakes.detached]),
      groups: gan.recipe.normalizesRealsAndFakesApart ? 2 : 1, updatesSpectralNorms: true)
    let realLogits = logits.sliced(0..<count)
    let fakeLogits = logits.sliced(count..<2 * count)
    expectClose("logits", logits, golden.realLogits + golden.fakeLogits)
    var discriminatorLoss = objective.discriminatorLoss(
      realLogits: realLogits, fakeLogits: fakeLogits, noise: noise)
    if let penalty = objective.penalty {
      let slope = penalty(reals: reals, fakes: fakes.detached, noise: noise) { discriminator($0) }
      expectClose("penalty", slope, [golden.penalty ?? 0])
      discriminatorLoss = discriminatorLoss + slope
    }
    expectClose("discriminator loss", discriminatorLoss, [golden.discriminatorLoss])
    discriminator.expectStatistics { $0.afterDiscriminatorPhase }

    // The generator's phase, judged by the discriminator as it is: a first step of an adaptive
    // optimizer is the rate times about the sign of the gradient, and would magnify rounding.
    if let latents = golden.inputs["generatorLatents"] {
      fakes = generator(latents.tensor(named: golden.salt + "generatorLatents"))
    }
    let judgement = discriminator(fakes)
    expectClose("generator logits", judgement, golden.generatorLogits)
    let generatorLoss = objective.generatorLoss(fakeLogits: judgement)
    expectClose("generator loss", generatorLoss, [golden.generatorLoss])
    generator.learn(from: generatorLoss, by: gan.recipe.generatorOptimizer)
    discriminator.learn(from: discriminatorLoss, by: gan.recipe.discriminatorOptimizer)
    generator.expectStatistics { $0.values }
    discriminator.expectStatistics { $0.values }
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

private enum Role: String {
  case generator, discriminator
}

/// A network with the fixture's weights that learns once.
private final class NetworkReplica {
  private let architecture: GAN.Architecture
  private let growth: Growth?
  private let tolerance: Double
  /// In the order of the layout.
  private let parameters: [NetworkFixture.Parameter]
  private let statistics: [NetworkFixture.Statistic]
  private let state: NetworkState
  private var variables: [Tensor] = []

  init(
    _ architecture: GAN.Architecture, _ role: Role, in golden: NetworkFixture, growth: Growth?
  ) {
    (self.architecture, self.growth) = (architecture, growth)
    tolerance = golden.tolerance ?? 1e-4
    let (all, running) =
      role == .generator
      ? (golden.generator, golden.generatorRunning)
      : (golden.discriminator, golden.discriminatorRunning)
    let layout = architecture.layout
    #expect(Set(layout.weights.map(\.name)) == Set(all.map(\.name)))
    #expect(Set(layout.statistics.map(\.name)) == Set(running.map(\.name)))
    parameters = layout.weights.compactMap { entry in all.first { $0.name == entry.name } }
    statistics = layout.statistics.compactMap { entry in running.first { $0.name == entry.name } }
    #expect(layout.weights.map(\.fileShape) == parameters.map(\.values.shape))

    state = NetworkState(layout: layout, seed: 0, network: 0)
    let prefix = "\(golden.salt)\(role.rawValue)."
    state.weights.store(
      zip(layout.weights, parameters).map { entry, parameter in
        parameter.values.tensor(named: prefix + parameter.name).inMemoryOrder(entry)
      })
    state.statistics.store(
      zip(state.statistics.tensors, statistics).map { own, statistic in
        statistic.start?.tensor(named: prefix + statistic.name) ?? own
      })
    variables = state.weights.tensors.map { $0.variable() }
  }

  func callAsFunction(
    _ input: Tensor, groups: Int = 1, updatesSpectralNorms: Bool = false
  ) -> Tensor {
    architecture.body(
      input,
      in: ForwardPass(
        training: .init(noise: nil, groups: groups, updatesSpectralNorms: updatesSpectralNorms),
        state: state, weights: variables, growth: growth))
  }

  /// Compares the gradient of `loss`, takes an optimizer's step along it, and compares its result.
  func learn(from loss: Tensor, by rule: OptimizerRule) {
    let gradients = TensorBuffer(shapes: state.weights.shapes)
    gradients.store(gradient(of: loss, withRespectTo: variables))
    let entries = architecture.layout.weights
    // What is small because large numbers cancel is as precise as they are.
    let least = 1e-3 * (parameters.map(\.gradientMaximum).max() ?? 0)
    for (index, golden) in parameters.enumerated() {
      let found = gradients.tensors[index].inFileOrder(entries[index]).scalars.map(Double.init)
      let norm = found.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if golden.gradientIsZero {
        // Zero on the scale of the gradient of the weight that the bias belongs to, or where that
        // is unused, too, of one before it.
        let scale = parameters[..<index].last { !$0.gradientIsZero }?.gradientNorm
        expectClose("gradient norm of \(golden.name)", [norm], [0], scale: scale ?? 1)
        continue
      }
      expectClose(
        "gradient norm of \(golden.name)", [norm], [golden.gradientNorm],
        scale: max(golden.gradientNorm, least), tolerance: tolerance)
      expectClose(
        "gradient of \(golden.name)", golden.positions.map { found[$0] }, golden.gradient,
        scale: max(golden.gradientMaximum, least), tolerance: tolerance)
    }
    Optimizer(rule, for: state.weights).update(state.weights, along: gradients)
    for (index, golden) in parameters.enumerated() where !golden.gradientIsZero {
      let found = state.weights.tensors[index].inFileOrder(entries[index]).scalars
      // A first step is the rate times nearly the sign of the gradient: where that is rounding
      // noise, so is the step. It is compared to a thousandth, near the precision of the weights.
      let isClear = golden.gradient.map { abs($0) > 1e-3 * max(golden.gradientMaximum, least) }
      let places = golden.positions.indices.filter { isClear[$0] }
      expectClose(
        "update of \(golden.name)", places.map { Double(found[golden.positions[$0]]) },
        places.map { golden.updated[$0] }, scale: Double(rule.learningRate) * 10)
    }
  }

  /// Compares statistics where the fixture has `values` of them.
  func expectStatistics(_ values: (NetworkFixture.Statistic) -> [Double]?) {
    for (tensor, statistic) in zip(state.statistics.tensors, statistics) {
      guard let golden = values(statistic) else { continue }
      let found = tensor.scalars
      expectClose(
        statistic.name, statistic.positions.map { Double(found[$0]) }, golden, scale: 1)
    }
  }
}

/// Expects an error of at most `tolerance` relative to the largest magnitude, or to `scale`.
private func expectClose(
  _ quantity: String, _ found: [Double], _ golden: [Double], scale: Double? = nil,
  tolerance: Double = 1e-4, sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = largestError(of: found, from: golden)
  let scale = scale ?? golden.map(abs).max() ?? 1
  #expect(
    error <= tolerance * scale, "\(quantity): \(error / scale) off", sourceLocation: sourceLocation)
}

private func expectClose(
  _ quantity: String, _ found: Tensor, _ golden: [Double],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  expectClose(quantity, found.scalars.map(Double.init), golden, sourceLocation: sourceLocation)
}
