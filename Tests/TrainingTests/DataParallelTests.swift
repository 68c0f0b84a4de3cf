import Collectives
import CollectivesSupport
import GANs
import Layers
import Portraits
import Tensors
import Testing
import Training

/// Ranks as threads, so that what they hold can be looked at.
@Suite("A step of several ranks")
struct DataParallelTests {
  private static let batch = 8

  private static func makeGAN(featureMaps: Int = 8) throws -> GAN {
    var gan = try ModelName.dcgan.makeGAN(
      ArchitectureOptions(imageSize: 32, latentDimension: 16, featureMaps: featureMaps))
    // A first step of Adam is the rate times about the sign of the gradient. A small rate keeps it
    // from turning rounding into another discriminator for the generator's phase.
    gan.recipe.discriminatorOptimizer = gan.recipe.discriminatorOptimizer.withLearningRate(1e-8)
    return gan
  }

  /// What one rank has after a step.
  private struct Outcome: Sendable {
    var report: TrainingStep.Report
    var generatorGradient, discriminatorGradient: [Float]
    var digests: [UInt64]
  }

  private static func step(
    ranks: Int, synchronized: Bool, featureMaps: Int = 8,
    exchange: GradientExchangeOptions = .init()
  ) throws -> [Outcome] {
    let gan = try makeGAN(featureMaps: featureMaps)
    let images = PaintedPortraits(seed: 5, count: 16, imageSize: 32).painted()
    return try InMemoryCommunicator.run(ranks: ranks) { communicator in
      let state = TrainingState(gan: gan, seed: 9, averageHalfLife: 100)
      let step = TrainingStep(
        state: state, communicator: communicator, batchSize: batch, seed: 9,
        synchronizesBatchStatistics: synchronized, exchange: exchange)
      let loader = PortraitLoader(
        source: images, sampler: Sampler(count: 16, globalBatch: batch, seed: 9),
        augmentation: .none, seed: 9, pixelRange: .minusOneToOne, rank: communicator.rank,
        size: ranks)
      defer { loader.stop() }
      let report = try step {
        let share = loader.next()
        return .init(share.images, samples: share.samples.map { UInt32($0.indexInBatch) })
      }
      // After the first step the first moment is half the averaged gradient, as β₁ is 0.5.
      return Outcome(
        report: report,
        generatorGradient: state.generatorOptimizer.firstMoment.tensors.flatMap(\.scalars),
        discriminatorGradient: state.discriminatorOptimizer.firstMoment.tensors
          .flatMap(\.scalars),
        digests: [
          state.generator.weights, state.generator.statistics, state.discriminator.weights,
          state.discriminator.statistics, state.average.state.weights,
        ].map(\.digest))
    }
  }

  /// ‖found − expected‖ / ‖expected‖
  private func relativeError(_ found: [Float], _ expected: [Float]) -> Float {
    let difference = zip(found, expected).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (difference / expected.reduce(0) { $0 + $1 * $1 }).squareRoot()
  }

  @Test(
    "averages its gradients to that of the whole batch, with shared batch statistics",
    arguments: [2, 4])
  func wholeBatch(ranks: Int) throws {
    let whole = try Self.step(ranks: 1, synchronized: false)[0]
    for rank in try Self.step(ranks: ranks, synchronized: true) {
      #expect(relativeError(rank.discriminatorGradient, whole.discriminatorGradient) < 1e-4)
      #expect(relativeError(rank.generatorGradient, whole.generatorGradient) < 1e-4)
      #expect(
        abs(rank.report.discriminatorLoss - whole.report.discriminatorLoss)
          < 1e-5 * whole.report.discriminatorLoss)
      #expect(
        abs(rank.report.generatorLoss - whole.report.generatorLoss)
          < 1e-5 * whole.report.generatorLoss)
      #expect(abs(rank.report.realScore - whole.report.realScore) < 1e-5)
      #expect(abs(rank.report.fakeScore - whole.report.fakeScore) < 1e-5)
    }
  }

  @Test("is another step where batch statistics are each rank's own")
  func localStatistics() throws {
    let whole = try Self.step(ranks: 1, synchronized: false)[0]
    let halves = try Self.step(ranks: 2, synchronized: false)
    #expect(relativeError(halves[0].discriminatorGradient, whole.discriminatorGradient) > 1e-2)
  }

  @Test("leaves bit for bit the same networks on every rank", arguments: [true, false])
  func replicas(synchronized: Bool) throws {
    let ranks = try Self.step(ranks: 4, synchronized: synchronized)
    for rank in ranks { #expect(rank.digests == ranks[0].digests) }
    for rank in ranks { #expect(rank.report == ranks[0].report) }
  }

  @Test(
    "is the same to the bit where gradients are sent in buckets, here one after the other",
    arguments: [2, 4])
  func buckets(ranks: Int) throws {
    // Enough of them for several messages.
    let (apart, overlapped) = try (
      Self.step(ranks: ranks, synchronized: true, featureMaps: 64, exchange: .init(overlap: .off)),
      Self.step(ranks: ranks, synchronized: true, featureMaps: 64, exchange: .init(overlap: .on))
    )
    for rank in overlapped {
      #expect(rank.digests == apart[0].digests)
      #expect(rank.report == apart[0].report)
    }
  }

  @Test(
    "has gradients of three digits where they travel as bfloat16",
    arguments: [GradientExchangeOptions.Overlap.on, .off])
  func bfloat16(overlap: GradientExchangeOptions.Overlap) throws {
    let exact = try Self.step(ranks: 4, synchronized: true)[0]
    let ranks = try Self.step(
      ranks: 4, synchronized: true, exchange: .init(overlap: overlap, format: .bfloat16))
    for rank in ranks {
      #expect(rank.digests == ranks[0].digests)
      let error = relativeError(rank.discriminatorGradient, exact.discriminatorGradient)
      #expect(error > 0 && error < 5e-3)
    }
  }

  @Test("stops everywhere when one rank asks, before the step or during it")
  func stop() throws {
    let gan = try Self.makeGAN()
    let stops = try InMemoryCommunicator.run(ranks: 3) { communicator in
      let step = TrainingStep(
        state: TrainingState(gan: gan, seed: 9, averageHalfLife: 100), communicator: communicator,
        batchSize: 6, seed: 9, synchronizesBatchStatistics: false)
      let samples = [0, 1].map { UInt32(communicator.rank + 3 * $0) }
      let reals = TrainingStep.Reals(
        Tensor(repeating: 0, shape: [2, 32, 32, 3]), samples: samples)
      let asked = try [false, true].map { asks in
        try step(stopRequested: asks && communicator.rank == 2) { reals }.isStopRequested
      }
      var asks = false
      let askedMeanwhile = try step(stopRequested: asks) {
        asks = communicator.rank == 2
        return reals
      }.isStopRequested
      return asked + [askedMeanwhile]
    }
    #expect(stops == Array(repeating: [false, true, true], count: 3))
  }

  @Test("takes each image once an epoch over all ranks, in one order", arguments: [1, 2, 4])
  func images(ranks: Int) throws {
    let images = PaintedPortraits(seed: 5, count: 24, imageSize: 32).painted()
    func order(ranks: Int) throws -> [Int] {
      let shares = try InMemoryCommunicator.run(ranks: ranks) { communicator in
        let loader = PortraitLoader(
          source: images, sampler: Sampler(count: 24, globalBatch: Self.batch, seed: 9),
          augmentation: .none, seed: 9, pixelRange: .minusOneToOne, rank: communicator.rank,
          size: ranks)
        defer { loader.stop() }
        return (0..<3).flatMap { _ in loader.next().samples }
      }
      return shares.joined().sorted { $0.position < $1.position }.map(\.imageIndex)
    }
    let taken = try order(ranks: ranks)
    #expect(taken.sorted() == Array(0..<24))
    #expect(try taken == order(ranks: 1))
  }
}
