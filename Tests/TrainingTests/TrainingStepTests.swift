import Collectives
import GANs
import Layers
import Tensors
import Testing
import Training

/// The step against the same algorithm written out plainly, without groups, phases or ranks.
@Suite("The training step of one rank")
struct TrainingStepTests {
  private static let seed: UInt64 = 4
  private static let count = 4

  /// A network that learns.
  private final class Learner {
    private let body: any Layer
    let state: NetworkState
    private let optimizer: Optimizer
    private var variables: [Tensor] = []

    init(_ architecture: GAN.Architecture, _ rule: OptimizerRule, network: UInt32) {
      body = architecture.body
      state = NetworkState(layout: architecture.layout, seed: seed, network: network)
      optimizer = Optimizer(rule, for: state.weights)
      variables = state.weights.copy().tensors.map { $0.variable() }
    }

    /// - Parameter noise: nil lets layers work as in inference.
    func callAsFunction(_ input: Tensor, _ noise: SampleNoise?) -> Tensor {
      let training = noise.map { ForwardPass.Training(noise: $0) }
      return body(
        input, in: ForwardPass(training: training, state: state, weights: variables))
    }

    func learn(from loss: Tensor) {
      let gradients = TensorBuffer(shapes: state.weights.shapes)
      gradients.store(gradient(of: loss, withRespectTo: variables))
      optimizer.update(state.weights, along: gradients)
      variables = state.weights.copy().tensors.map { $0.variable() }
    }
  }

  private static func noise(step: Int, phase: UInt8, _ samples: Range<Int>) -> SampleNoise {
    SampleNoise(
      seed: seed, step: UInt64(step), phase: phase, samples: samples.map(UInt32.init))
  }

  @Test(
    "is the algorithm of the model's paper, step after step", arguments: [ModelName.dcgan, .paper])
  func algorithm(model: ModelName) throws {
    let gan =
      try model == .dcgan
      ? model.makeGAN(ArchitectureOptions(imageSize: 32, latentDimension: 16, featureMaps: 8))
      : model.makeGAN(ArchitectureOptions(latentDimension: 16))
    let reals = SampleNoise(seed: 8, step: 0, phase: 0, samples: [0, 1, 2, 3])
      .uniform(.painting, shape: [gan.imageSize, gan.imageSize, 3])
    let state = TrainingState(gan: gan, seed: Self.seed, averageHalfLife: 100)
    let step = TrainingStep(
      state: state, communicator: SoloCommunicator(), batchSize: Self.count, seed: Self.seed,
      synchronizesBatchStatistics: false)
    let generator = Learner(gan.generator, gan.recipe.generatorOptimizer, network: 0)
    let discriminator = Learner(gan.discriminator, gan.recipe.discriminatorOptimizer, network: 1)

    for number in 0..<2 {
      let report = try step { .init(reals, samples: [0, 1, 2, 3]) }
      let (discriminatorLoss, generatorLoss) =
        model == .dcgan
        ? dcganStep(number, gan, generator, discriminator, reals)
        : paperStep(number, gan, generator, discriminator, reals)
      #expect(abs(report.discriminatorLoss - discriminatorLoss) < 1e-5 * discriminatorLoss)
      #expect(abs(report.generatorLoss - generatorLoss) < 1e-5 * generatorLoss)
    }
    #expect(state.step == 2)
    for (found, expected) in [
      (state.generator, generator.state), (state.discriminator, discriminator.state),
    ] {
      expectClose(found.weights, expected.weights)
      expectClose(found.statistics, expected.statistics)
    }
  }

  /// Reals and fakes are judged apart, and the same fakes are judged again for the generator.
  private func dcganStep(
    _ number: Int, _ gan: GAN, _ generator: Learner, _ discriminator: Learner, _ reals: Tensor
  ) -> (Float, Float) {
    let none = Self.noise(step: number, phase: 0, 0..<Self.count)
    let latents = Self.noise(step: number, phase: 0, 0..<Self.count)
      .normal(.discriminatorLatents, shape: [gan.latentDimension])
    let fakes = generator(latents, none)
    let discriminatorLoss =
      (-discriminator(reals, none)).softplus().mean()
      + discriminator(fakes.detached, none).softplus().mean()
    discriminator.learn(from: discriminatorLoss)
    let generatorLoss = (-discriminator(fakes, none)).softplus().mean()
    generator.learn(from: generatorLoss)
    return (discriminatorLoss.scalar, generatorLoss.scalar)
  }

  /// Reals and fakes are judged together, against noisy labels; the generator has fresh latents. No
  /// layer knows that it is being trained.
  private func paperStep(
    _ number: Int, _ gan: GAN, _ generator: Learner, _ discriminator: Learner, _ reals: Tensor
  ) -> (Float, Float) {
    let all = 0..<Self.count
    let showing = Self.noise(step: number, phase: 0, all)
    let labelling = Self.noise(step: number, phase: 1, all)
    let fakes = generator(
      showing.normal(.discriminatorLatents, shape: [gan.latentDimension]), nil)
    let logits = discriminator(.concatenated([reals, fakes.detached]), nil)
    let labels = Tensor.concatenated([
      0.05 * labelling.uniform(.labels, source: 0, shape: []) + 1,
      0.05 * labelling.uniform(.labels, source: 1, shape: []),
    ])
    let discriminatorLoss = (logits.softplus() - labels * logits).mean()
    discriminator.learn(from: discriminatorLoss)
    let fresh = generator(
      showing.normal(.generatorLatents, shape: [gan.latentDimension]), nil)
    let generatorLoss = (-discriminator(fresh, nil)).softplus().mean()
    generator.learn(from: generatorLoss)
    return (discriminatorLoss.scalar, generatorLoss.scalar)
  }

  private func expectClose(_ found: TensorBuffer, _ expected: TensorBuffer) {
    let (found, expected) = (found.tensors.flatMap(\.scalars), expected.tensors.flatMap(\.scalars))
    let difference = zip(found, expected).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(difference.squareRoot() < 1e-4 * expected.reduce(0) { $0 + $1 * $1 }.squareRoot())
  }
}
