import GANs
import Layers
import Testing

/// What papers, and the programs of their authors, say about training, beside what the models do.
@Suite("Recipes")
struct RecipeTests {
  /// The constants of one model, as its source has them.
  struct Constants: Sendable {
    let model: ModelName
    let generator, discriminator: OptimizerRule
    /// The discriminator's updates in the steps 0, 24, 25, 499, 500 and 501.
    let updates: [Int]
    let latentDimension: Int
    var objective: ObjectiveName?
    var penaltyWeight: Float?
    var weightLimit: Float?
  }

  @Test("have the constants of their papers", arguments: published)
  func constants(expected: Constants) throws {
    let gan = try expected.model.makeGAN(ArchitectureOptions())
    let recipe = gan.recipe
    #expect(recipe.generatorOptimizer == expected.generator)
    #expect(recipe.discriminatorOptimizer == expected.discriminator)
    #expect(
      [0, 24, 25, 499, 500, 501].map(recipe.discriminatorUpdates.updates(in:)) == expected.updates)
    #expect(gan.latentDimension == expected.latentDimension)
    #expect(recipe.objective.name == expected.objective)
    #expect(recipe.objective.penalty?.weight == expected.penaltyWeight)
    #expect(recipe.objective.penalty?.interval ?? 1 == 1)
    #expect(recipe.objective.weightLimit == expected.weightLimit)
    #expect(recipe.pixelRange == (expected.model == .paper ? .zeroToOne : .minusOneToOne))
    #expect((recipe.growth != nil) == [.pggan, .portrait].contains(expected.model))
    let changes = recipe.augmentation.changes
    #expect(changes == (expected.model == .portrait ? [.translation] : []))
    let target = recipe.adaptiveAugmentation?.target
    #expect(target == (expected.model == .portrait ? 0.5 : nil))
  }

  @Test("have one row each")
  func completeness() {
    #expect(published.map(\.model) == ModelName.allCases)
  }

  @Test("have the constants that no option names")
  func unnamed() throws {
    let pggan = try ModelName.pggan.makeGAN(ArchitectureOptions()).recipe
    let distance = try #require(pggan.objective as? WassersteinGradientPenalty)
    #expect(distance.drift == 0.001 && distance.penalty is UnitSlopePenalty)
    #expect(
      pggan.growth
        == GrowthSchedule(startLevel: 0, finalLevel: 4, stableImages: 5000, fadeImages: 5000))
    let portrait = try ModelName.portrait.makeGAN(ArchitectureOptions()).recipe
    #expect(
      portrait.growth
        == GrowthSchedule(startLevel: 1, finalLevel: 4, stableImages: 5000, fadeImages: 5000))
    let paper = try ModelName.paper.makeGAN(ArchitectureOptions()).recipe
    let crossEntropy = try #require(paper.objective as? NonSaturating)
    #expect(crossEntropy.labelNoise == 0.05 && crossEntropy.discriminatorReduction == .meanOfAll)
    #expect(paper.runsLayersAsInInference)
  }

  @Test("judge reals and fakes apart and the same fakes twice as their programs do")
  func passes() throws {
    // In dcgan.torch "mini-batches [are] only all real or all fake", and main.py goes on with the
    // fakes that it has; Newmu's program and the Keras notebook make new ones.
    let apart: Set<ModelName> = [.dcgan, .wgan, .pggan, .portrait]
    let twice: Set<ModelName> = [.dcgan, .portrait]
    for model in ModelName.allCases {
      let recipe = try model.makeGAN(ArchitectureOptions()).recipe
      #expect(recipe.normalizesRealsAndFakesApart == apart.contains(model), "\(model)")
      #expect(recipe.drawsFreshLatentsForGenerator != twice.contains(model), "\(model)")
    }
  }
}

private let once = [1, 1, 1, 1, 1, 1]
private let fiveTimes = [5, 5, 5, 5, 5, 5]

/// Adam with ε 10⁻⁸, which all of these programs have, from the defaults of their libraries or not.
private func adam(_ rate: Float, _ beta1: Float, _ beta2: Float) -> OptimizerRule {
  .adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: 1e-8)
}

private let published: [RecipeTests.Constants] = [
  // Goodfellow et al. (2014) but for the optimizer, which is dcgan's.
  .init(
    model: .gan, generator: adam(0.0002, 0.5, 0.999), discriminator: adam(0.0002, 0.5, 0.999),
    updates: once, latentDimension: 100, objective: .nonSaturating),
  // Radford et al. (2016), section 4; examples/dcgan/main.py of PyTorch.
  .init(
    model: .dcgan, generator: adam(0.0002, 0.5, 0.999), discriminator: adam(0.0002, 0.5, 0.999),
    updates: once, latentDimension: 100, objective: .nonSaturating),
  // Arjovsky et al. (2017), algorithm 1; main.py of their program, run by PyTorch's RMSprop.
  .init(
    model: .wgan, generator: .rmsprop(learningRate: 0.00005, alpha: 0.99, epsilon: 1e-8),
    discriminator: .rmsprop(learningRate: 0.00005, alpha: 0.99, epsilon: 1e-8),
    updates: [100, 100, 5, 5, 100, 5], latentDimension: 100, objective: .wasserstein,
    weightLimit: 0.01),
  // Gulrajani et al. (2017), algorithm 1.
  .init(
    model: .wganGP, generator: adam(0.0001, 0, 0.9), discriminator: adam(0.0001, 0, 0.9),
    updates: fiveTimes, latentDimension: 128, objective: .wassersteinGradientPenalty,
    penaltyWeight: 10),
  // Miyato et al. (2018), table 1, setting C, and table 3.
  .init(
    model: .sngan, generator: adam(0.0002, 0.5, 0.999), discriminator: adam(0.0002, 0.5, 0.999),
    updates: once, latentDimension: 128, objective: .hinge),
  // train_mn.py and resnet_64.py of their program.
  .init(
    model: .snganResNet, generator: adam(0.0002, 0, 0.9), discriminator: adam(0.0002, 0, 0.9),
    updates: fiveTimes, latentDimension: 128, objective: .hinge),
  // Zhang et al. (2019), section 4.
  .init(
    model: .sagan, generator: adam(0.0001, 0, 0.9), discriminator: adam(0.0004, 0, 0.9),
    updates: once, latentDimension: 128, objective: .hinge),
  // Karras et al. (2018), appendix A.1; latents have as many elements as the smallest pictures
  // have channels.
  .init(
    model: .pggan, generator: adam(0.001, 0, 0.99), discriminator: adam(0.001, 0, 0.99),
    updates: once, latentDimension: 128, penaltyWeight: 10),
  // Li (2023), section 3; ε of Keras.
  .init(
    model: .paper,
    generator: .adamax(learningRate: 0.00015, beta1: 0.5, beta2: 0.999, epsilon: 1e-7),
    discriminator: .adamax(learningRate: 0.00015, beta1: 0.5, beta2: 0.999, epsilon: 1e-7),
    updates: once, latentDimension: 100),
  // This project's own.
  .init(
    model: .portrait, generator: adam(0.0002, 0.5, 0.999),
    discriminator: adam(0.0002, 0.5, 0.999), updates: once, latentDimension: 128,
    objective: .hinge),
]
