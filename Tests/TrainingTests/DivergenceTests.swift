import Collectives
import CollectivesSupport
import GANs
import Layers
import Synchronization
import Tensors
import Testing
import Training

/// What becomes of a step in which something is not finite, on ranks that are threads.
@Suite("An update that leads where there are no numbers")
struct DivergenceTests {
  /// What is wrong, as seen from one rank.
  enum Fault: Sendable {
    case none
    /// A finite loss, the gradient of which is not.
    case gradient
    case loss
  }

  enum Network: Sendable {
    case generator, discriminator
  }

  /// An objective that can be made to fail for one of the networks.
  private final class FaultyObjective: Objective {
    private let sound: any Objective
    private let faults = Mutex<[Network: Fault]>([:])

    init(_ sound: any Objective) { self.sound = sound }

    var lossUnit: String { sound.lossUnit }
    let name: ObjectiveName? = nil
    let logitMeaning = LogitMeaning.rank

    func fail(_ fault: Fault, of networks: [Network]) {
      faults.withLock { $0 = Dictionary(uniqueKeysWithValues: networks.map { ($0, fault) }) }
    }

    func discriminatorLoss(realLogits: Tensor, fakeLogits: Tensor, noise: SampleNoise) -> Tensor {
      let loss = sound.discriminatorLoss(
        realLogits: realLogits, fakeLogits: fakeLogits, noise: noise)
      return loss + nothing(from: realLogits, for: .discriminator)
    }

    func generatorLoss(fakeLogits: Tensor) -> Tensor {
      sound.generatorLoss(fakeLogits: fakeLogits) + nothing(from: fakeLogits, for: .generator)
    }

    /// What is added to a loss: zero, or what spoils it.
    private func nothing(from logits: Tensor, for network: Network) -> Tensor {
      switch faults.withLock({ $0[network] }) ?? .none {
      case .none: (logits * 0).mean()
      case .gradient: (logits * 0).squareRoot().mean()
      case .loss: (logits * 0).mean() + Float.infinity
      }
    }
  }

  /// One rank of a job that trains on noise.
  private final class Rank {
    let state: TrainingState
    let objective: FaultyObjective
    private let step: TrainingStep
    private let communicator: any Communicator

    init(
      _ model: ModelName, _ communicator: any Communicator, exchange: GradientExchangeOptions
    ) throws {
      var gan = try model.makeGAN(
        ArchitectureOptions(imageSize: 32, latentDimension: 8, featureMaps: 8))
      objective = FaultyObjective(gan.recipe.objective)
      gan.recipe.objective = objective
      state = TrainingState(gan: gan, seed: 5, averageHalfLife: 100)
      self.communicator = communicator
      step = TrainingStep(
        state: state, communicator: communicator, batchSize: 4, seed: 5,
        synchronizesBatchStatistics: false, exchange: exchange)
    }

    /// Trains with what is wrong seen by the last rank alone.
    func callAsFunction(
      _ fault: Fault = .none, of networks: [Network] = [], pixel: Float = 0
    ) throws -> TrainingStep.Report {
      let isWitness = communicator.rank == communicator.size - 1
      objective.fail(isWitness ? fault : .none, of: networks)
      let share = UInt32(4 / communicator.size)
      let samples = (0..<share).map { $0 + UInt32(communicator.rank) * share }
      let images = SampleNoise(seed: 8, step: UInt64(state.step), phase: 0, samples: samples)
        .uniform(.painting, shape: [32, 32, 3])
      return try step {
        .init(images + (isWitness ? pixel : 0), samples: samples)
      }
    }

    var everything: Digests {
      Digests(
        generator: digests(of: state.generator, state.generatorOptimizer),
        discriminator: digests(of: state.discriminator, state.discriminatorOptimizer),
        average: state.average.state.weights.digest,
        statistics: [state.generator.statistics.digest, state.discriminator.statistics.digest])
    }

    private func digests(of network: NetworkState, _ optimizer: Optimizer) -> [UInt64] {
      [network.weights, optimizer.firstMoment, optimizer.secondMoment].map(\.digest)
        + [UInt64(optimizer.updateCount)]
    }
  }

  /// What a rank holds, in short.
  private struct Digests: Sendable, Equatable {
    /// Of the weights and of what the optimizer remembers.
    var generator, discriminator: [UInt64]
    var average: UInt64
    var statistics: [UInt64]
  }

  private struct Outcome: Sendable {
    var report: TrainingStep.Report
    var before, after: Digests
    /// After one more step.
    var end: Digests?
    var hasFiniteStatistics = true
  }

  private static func run<Result: Sendable>(
    _ model: ModelName = .dcgan, ranks: Int, exchange: GradientExchangeOptions = .init(),
    _ body: @escaping @Sendable (Rank) throws -> Result
  ) throws -> [Result] {
    try InMemoryCommunicator.run(ranks: ranks) { try body(Rank(model, $0, exchange: exchange)) }
  }

  @Test(
    "is not made, and training goes on as if it had not been tried",
    arguments: [(1, ModelName.dcgan), (2, .dcgan), (2, .sngan), (2, .wganGP)],
    [Fault.loss, .gradient])
  func bothNetworks(job: (ranks: Int, model: ModelName), fault: Fault) throws {
    let skipped = try Self.run(job.model, ranks: job.ranks) { rank in
      _ = try rank()
      let before = rank.everything
      let report = try rank(fault, of: [.generator, .discriminator])
      let after = rank.everything
      _ = try rank()
      return Outcome(report: report, before: before, after: after, end: rank.everything)
    }
    let neverTried = try Self.run(job.model, ranks: job.ranks) { rank in
      _ = try rank()
      rank.state.step += 1
      _ = try rank()
      return rank.everything
    }
    for (rank, end) in zip(skipped, neverTried) {
      #expect(!rank.report.discriminatorLoss.isFinite && !rank.report.generatorLoss.isFinite)
      #expect(rank.before == rank.after)
      #expect(rank.end == end && rank.end == skipped[0].end && rank.end != rank.after)
    }
  }

  @Test(
    "of one network alone leaves the other's as it is, however the gradients travel",
    arguments: [Network.generator, .discriminator],
    [
      GradientExchangeOptions(overlap: .off), .init(overlap: .on),
      .init(overlap: .on, format: .bfloat16),
    ])
  func oneNetwork(faulty: Network, exchange: GradientExchangeOptions) throws {
    for ranks in [1, 2] {
      let outcomes = try Self.run(ranks: ranks, exchange: exchange) { rank in
        _ = try rank()
        let before = rank.everything
        let report = try rank(.loss, of: [faulty])
        return Outcome(report: report, before: before, after: rank.everything)
      }
      for rank in outcomes {
        #expect(rank.report.generatorLoss.isFinite == (faulty == .discriminator))
        #expect(rank.report.discriminatorLoss.isFinite == (faulty == .generator))
        let (before, after) = (rank.before, rank.after)
        #expect((before.generator == after.generator) == (faulty == .generator))
        #expect((before.average == after.average) == (faulty == .generator))
        #expect((before.discriminator == after.discriminator) == (faulty == .discriminator))
        #expect(after == outcomes[0].after)
      }
    }
  }

  @Test("is found where a rank has pictures that are none", arguments: [1, 2])
  func pictures(ranks: Int) throws {
    // With a hinge, a logit that is no number may cost nothing.
    for model in [ModelName.sngan, .dcgan] {
      let outcomes = try Self.run(model, ranks: ranks) { rank in
        _ = try rank()
        let before = rank.everything
        let report = try rank(pixel: .nan)
        return Outcome(
          report: report, before: before, after: rank.everything,
          hasFiniteStatistics: rank.state.generator.statistics.isFinite
            && rank.state.discriminator.statistics.isFinite)
      }
      for rank in outcomes {
        #expect(!rank.report.discriminatorLoss.isFinite && rank.report.generatorLoss.isFinite)
        #expect(rank.report.realSign.isNaN, "adaptive augmentation would go by it")
        #expect(rank.before.discriminator == rank.after.discriminator)
        #expect(rank.hasFiniteStatistics)
      }
    }
  }
}
