import Collectives
import CollectivesSupport
import GANs
import Layers
import Portraits
import Tensors
import Testing
import Training

/// Steps with several updates of the discriminator, penalties, clipping and growth, of networks
/// whose layers do not depend on the other samples of a batch.
@Suite("A step of several updates")
struct SeveralUpdatesTests {
  private static let batch = 16
  private static let images = PaintedPortraits(seed: 5, count: 32, imageSize: 32).painted()

  /// What one rank has after some steps.
  private struct Outcome: Sendable {
    var reports: [TrainingStep.Report]
    var weights: [Float]
    var digests: [UInt64]
    var batches: [Int]
  }

  private static func pggan(_ objective: any Objective, updates: Int) throws -> GAN {
    var gan = try ModelName.pggan.makeGAN(
      ArchitectureOptions(imageSize: 32, latentDimension: 8, featureMaps: 8))
    gan.recipe.objective = objective
    gan.recipe.discriminatorUpdates = .constant(updates)
    // The second step lies in a fade, and has new levels.
    gan.recipe.growth?.stableImages = 8
    gan.recipe.growth?.fadeImages = 64
    // Plain descent in effect, so that rounding stays as small as it is.
    let descent = OptimizerRule.adam(learningRate: 1e-4, beta1: 0, beta2: 0, epsilon: 1)
    gan.recipe.generatorOptimizer = descent
    gan.recipe.discriminatorOptimizer = descent
    return gan
  }

  private static func train(_ gan: GAN, steps: Int, ranks: Int) throws -> [Outcome] {
    try InMemoryCommunicator.run(ranks: ranks) { communicator in
      let state = TrainingState(gan: gan, seed: 9, averageHalfLife: 100)
      let step = TrainingStep(
        state: state, communicator: communicator, batchSize: batch, seed: 9,
        synchronizesBatchStatistics: false)
      let loader = PortraitLoader(
        source: images, sampler: Sampler(count: 32, globalBatch: batch, seed: 9),
        augmentation: .none, seed: 9, pixelRange: .minusOneToOne, rank: communicator.rank,
        size: ranks)
      defer { loader.stop() }
      var batches: [Int] = []
      let reports = try (0..<steps).map { _ in
        try step {
          let share = loader.next()
          batches.append(Int(share.samples[0].position) / batch)
          return .init(share.images, samples: share.samples.map { UInt32($0.indexInBatch) })
        }
      }
      let buffers = [state.generator.weights, state.discriminator.weights]
      return Outcome(
        reports: reports, weights: buffers.flatMap { $0.tensors.flatMap(\.scalars) },
        digests: buffers.map(\.digest), batches: batches)
    }
  }

  @Test(
    "with a gradient penalty is the same for 1, 2 and 4 ranks, in a fade as well",
    arguments: [ObjectiveName.wassersteinGradientPenalty, .r1])
  func ranks(objective: ObjectiveName) throws {
    let gan = try Self.pggan(objective.makeObjective(), updates: 3)
    let whole = try Self.train(gan, steps: 2, ranks: 1)[0]
    #expect(whole.batches == Array(0..<6))
    let penalty = try #require(whole.reports[1].penalty)
    for ranks in [2, 4] {
      let shares = try Self.train(gan, steps: 2, ranks: ranks)
      for share in shares {
        #expect(share.digests == shares[0].digests && share.reports == shares[0].reports)
        for (found, expected) in zip(share.weights, whole.weights) {
          #expect(abs(found - expected) < 2e-5)
        }
        let found = share.reports[1]
        #expect(abs(try #require(found.penalty) - penalty) < 1e-3 * penalty)
        #expect(abs(found.realLogit - whole.reports[1].realLogit) < 1e-4)
        let norm = whole.reports[1].discriminatorGradientNorm
        #expect(abs(found.discriminatorGradientNorm - norm) < 1e-3 * norm)
      }
    }
  }

  @Test("a lazy penalty counts in every k-th update only, and so many times as much")
  func lazyPenalty() throws {
    func train(steps: Int, gamma: Float, interval: Int) throws -> Outcome {
      var objective = R1(gamma: gamma)
      objective.penalty?.interval = interval
      return try Self.train(Self.pggan(objective, updates: 1), steps: steps, ranks: 1)[0]
    }
    let reports = try train(steps: 3, gamma: 10, interval: 2).reports
    #expect(reports.map { $0.penalty != nil } == [true, false, true])
    // Powers of two change no other bit.
    let lazy = try train(steps: 1, gamma: 10, interval: 4)
    #expect(try lazy.digests == train(steps: 1, gamma: 40, interval: 1).digests)
    #expect(try lazy.digests != train(steps: 1, gamma: 10, interval: 1).digests)
  }

  @Test("an option sets the penalty's weight and interval, if the objective has one")
  func penaltyOptions() throws {
    var configuration = TrainingConfiguration()
    configuration.optimization.penaltyWeight = 2
    configuration.optimization.penaltyInterval = 16
    for (model, objective) in [(ModelName.wganGP, nil), (.pggan, ObjectiveName.r1)] {
      configuration.model = model
      configuration.optimization.objective = objective
      let penalty = try #require(try configuration.makeGAN().recipe.objective.penalty)
      #expect(penalty.weight == 2 && penalty.interval == 16)
      #expect(penalty is FlatnessPenalty == (objective == .r1))
    }
    configuration.optimization.objective = .hinge
    let error = #expect(throws: TrainingError.self) { try configuration.makeGAN() }
    #expect(error?.description.contains("leave out --penalty-weight and --penalty-every") == true)
  }

  @Test("the weights of WGAN's critic are clipped after each update")
  func clipping() throws {
    var gan = try ModelName.wgan.makeGAN(
      ArchitectureOptions(imageSize: 32, latentDimension: 8, featureMaps: 8))
    gan.recipe.discriminatorUpdates = .constant(3)
    let state = TrainingState(gan: gan, seed: 9, averageHalfLife: 100)
    let step = TrainingStep(
      state: state, communicator: SoloCommunicator(), batchSize: 4, seed: 9,
      synchronizesBatchStatistics: false)
    let reals = SampleNoise(seed: 8, step: 0, phase: 0, samples: [0, 1, 2, 3])
      .uniform(.painting, shape: [32, 32, 3])
    var largest: [Float] = []
    func measure() {
      let weights = state.discriminator.weights.tensors.flatMap(\.scalars)
      largest.append(weights.map(abs).max() ?? 0)
    }
    _ = try step {
      measure()
      return .init(reals, samples: [0, 1, 2, 3])
    }
    measure()
    #expect(largest.count == 4 && largest[0] > 0.01)
    #expect(largest.dropFirst().allSatisfy { $0 == 0.01 })
  }

  @Test("the average's half-life counts the real images of all updates")
  func halfLife() throws {
    var gan = try Self.pggan(Hinge(), updates: 3)
    gan.recipe.generatorOptimizer = .adam(learningRate: 0.1, beta1: 0, beta2: 0.9, epsilon: 1e-8)
    let first = NetworkState(layout: gan.generator.layout, seed: 9, network: 0)
    let state = TrainingState(gan: gan, seed: 9, averageHalfLife: 24)
    let step = TrainingStep(
      state: state, communicator: SoloCommunicator(), batchSize: 4, seed: 9,
      synchronizesBatchStatistics: false)
    let reals = SampleNoise(seed: 8, step: 0, phase: 0, samples: [0, 1, 2, 3])
      .uniform(.painting, shape: [32, 32, 3])
    // So far on that the first images, which have a shorter half-life, are long past.
    state.step = 1000
    _ = try step { .init(reals, samples: [0, 1, 2, 3]) }
    // 12 of 24 images.
    let kept = Float(0.5).squareRoot()
    func scalars(_ state: NetworkState) -> [Float] { state.weights.tensors.flatMap(\.scalars) }
    for (found, (old, new)) in zip(
      scalars(state.average.state), zip(scalars(first), scalars(state.generator)))
    {
      #expect(abs(found - new - kept * (old - new)) < 1e-3 * abs(old - new) + 1e-6)
    }
    #expect(first.weights.digest != state.generator.weights.digest)
  }

  @Test("a generator that has not grown up says so")
  func unfinishedGrowth() throws {
    let gan = try Self.pggan(Hinge(), updates: 1)
    let state = NetworkState(layout: gan.generator.layout, seed: 9, network: 0)
    for (growth, expected) in [
      (Growth(level: 1), "not grown up: 8 of 32 pixels"),
      (Growth(level: 3, fade: 0.25), "not grown up: 32 of 32 pixels, faded in by 25 %"),
      (Growth(level: 3), nil),
    ] {
      let generator = ImageGenerator(gan: gan, state: state, growth: growth)
      #expect(generator.unfinishedGrowth == expected)
    }
  }

  @Test("optimizers begin anew with each fade and behind it, and a resumed run knows when that was")
  func restarts() throws {
    var gan = try Self.pggan(Hinge(), updates: 2)
    gan.recipe.growth?.stableImages = 80
    gan.recipe.growth?.fadeImages = 48
    let schedule = TrainingSchedule(of: gan.recipe, batchSize: Self.batch)
    var (generator, discriminator) = (0, 0)
    var restarts: [Int] = []
    for step in 0..<20 {
      #expect(schedule.rememberedUpdates(after: step) == (generator, discriminator))
      if schedule.restartsOptimizers(in: step) {
        restarts.append(step)
        (generator, discriminator) = (0, 0)
      }
      generator += 1
      discriminator += schedule.discriminatorUpdates(in: step).count
    }
    // 32 images a step: fades after 80 to 128 images, and after each 128 more.
    #expect(restarts == [3, 4, 7, 8, 11, 12])
    #expect(schedule.steps(toTake: 5) == 3 && schedule.imagesSeen(before: 3) == 96)
  }
}

extension ProgramTests {
  @Suite("several updates a step")
  struct SeveralUpdatesProgramTests {
    private static let options = [
      "--model", "pggan", "--critic-updates", "5", "--growth-images",
      "100", "--checkpoint-every", "2",
    ]

    @Test("says when the networks will have grown up, and how they do if they will not")
    func growthPlan() throws {
      let program = try Program()
      let short = try program.train(into: "short", steps: 1, Self.options)
      #expect(short.standardOutput.contains("pictures of 4, 8, 16, 32 pixels, each"))
      #expect(short.standardOutput.contains("grown up after 600 images"))
      // An eighth of 80 images for three levels that are faded in, and three that are trained
      // before.
      #expect(
        short.standardOutput.contains("; --growth-images 2 leaves most of it for the full size"))
      let long = try program.train(
        into: "long", steps: 1, Self.options + ["--growth-images", "10"])
      #expect(long.standardOutput.contains("grown up after 60 images"))
      #expect(!long.standardOutput.contains("warning"))
    }

    @Test("resumes bit for bit in a fade, at its place in the data")
    func resume() throws {
      let program = try Program()
      let whole = try program.train(into: "run", steps: 4, Self.options)
      try #require(whole.exitCode == 0, "\(whole.standardError)")
      let expected = try program.checkpoint(of: "run", step: 4)
      let log = program.records(of: "run")
      // 80 images a step: the second half of a fade, from 100 to 200, is left for after step 2.
      #expect(log.map(\.images) == [80, 160, 240, 320])
      // 320 of 48 images.
      #expect(whole.standardOutput.contains("4 steps, 6.7 epochs, seed 1"))
      #expect(log.compactMap(\.stability?.growthLevel) == [0, 0, 1, 1])
      let stability = try String(
        contentsOfFile: program.path("run/stability.svg"), encoding: .utf8)
      for name in ["difference", "penalty"] {
        #expect(stability.contains(">\(name)</text>"), "\(name)")
      }
      let losses = try String(contentsOfFile: program.path("run/losses.svg"), encoding: .utf8)
      #expect(losses.contains("loss (critic") && !losses.contains("nats"))
      try program.move("run", to: "whole")

      for steps in [2, 4] {
        let part = try program.train(
          into: "run", steps: steps, Self.options + ["--resume", "auto"])
        try #require(part.exitCode == 0, "\(part.standardError)")
      }
      let found = try program.checkpoint(of: "run", step: 4)
      // The number of steps is part of a checkpoint's metadata, and the same in both.
      #expect(found == expected)
      let columns = try String(contentsOfFile: program.path("run/losses.csv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
      #expect(columns.allSatisfy { $0.count == columns[0].count } && columns.count == 5)
      #expect(columns[0].contains("penalty") && columns[0].contains("growth_fade"))

      let other = try program.train(
        into: "run", steps: 5, Array(Self.options.dropLast(6)) + ["--resume", "auto"])
      expectRefusal(other, code: 64, "--critic-updates 5")
    }
  }
}
