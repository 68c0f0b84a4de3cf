import Collectives
import CollectivesSupport
import FixtureSupport
import GANs
import Layers
import Portraits
import Tensors
import Testing
import Training

/// Every model by its own recipe, in small.
@Suite("Training each model")
struct ModelTrainingTests {
  /// The model with few feature maps, a schedule that grows twice in ten steps, and five updates of
  /// a critic whose paper begins with a hundred.
  private static func makeGAN(_ model: ModelName, batch: Int) throws -> GAN {
    let options =
      switch model {
      case .paper: ArchitectureOptions(latentDimension: 16)
      case .sagan: ArchitectureOptions(imageSize: 64, latentDimension: 16, featureMaps: 8)
      case .portrait: ArchitectureOptions(imageSize: 32, latentDimension: 16, featureMaps: 8)
      default: ArchitectureOptions(imageSize: 32, latentDimension: 16, featureMaps: 4)
      }
    var gan = try model.makeGAN(options)
    if model == .wgan { gan.recipe.discriminatorUpdates = .constant(5) }
    gan.recipe.growth?.stableImages = 2 * batch
    gan.recipe.growth?.fadeImages = 2 * batch
    return gan
  }

  private static func train(
    _ gan: GAN, steps: Int, ranks: Int, batch: Int
  ) throws -> [[TrainingStep.Report]] {
    let images = PaintedPortraits(seed: 5, count: 64, imageSize: gan.imageSize).painted()
    return try InMemoryCommunicator.run(ranks: ranks) { communicator in
      let state = TrainingState(gan: gan, seed: 9, averageHalfLife: 100)
      let step = TrainingStep(
        state: state, communicator: communicator, batchSize: batch, seed: 9,
        synchronizesBatchStatistics: false)
      let loader = PortraitLoader(
        source: images, sampler: Sampler(count: 64, globalBatch: batch, seed: 9),
        augmentation: .none, seed: 9, pixelRange: gan.recipe.pixelRange, rank: communicator.rank,
        size: ranks)
      defer { loader.stop() }
      return try (0..<steps).map { _ in
        try step {
          let share = loader.next()
          return .init(share.images, samples: share.samples.map { UInt32($0.indexInBatch) })
        }
      }
    }
  }

  @Test("goes as it went when its losses were written down", arguments: expectedLosses)
  func losses(model: ModelName, discriminator: [Float], generator: [Float]) throws {
    let gan = try Self.makeGAN(model, batch: 4)
    let reports = try Self.train(gan, steps: 10, ranks: 1, batch: 4)[0]
    for (found, expected) in [
      (reports.map(\.discriminatorLoss), discriminator), (reports.map(\.generatorLoss), generator),
    ] {
      let range = Double((expected.max() ?? 0) - (expected.min() ?? 0))
      let error = largestError(of: found, from: expected)
      #expect(error < 0.1 * range, "\(found) instead of \(expected)")
      // The first loss is that of the initial weights; roundings have not grown yet.
      let firstError = largestError(of: [found[0]], from: [expected[0]])
      #expect(firstError < 1e-3 * range, "\(found[0]) instead of \(expected[0])")
    }
  }

  /// Those in which no layer trains with batch statistics.
  private static let modelsOfAnyRankCount = ModelName.allCases.filter { model in
    guard let gan = try? makeGAN(model, batch: 16) else { return true }
    return gan.recipe.runsLayersAsInInference
      || ![gan.generator, gan.discriminator].contains { $0.layout.normalizesOverBatch }
  }

  @Test(
    "is the same on one rank, two and four if no layer trains with batch statistics",
    arguments: modelsOfAnyRankCount)
  func ranks(model: ModelName) throws {
    let gan = try Self.makeGAN(model, batch: 16)
    var bounds: [KeyPath<TrainingStep.Report, Float>: Float] = [
      \.discriminatorLoss: 1e-4, \.generatorLoss: 1e-4,
    ]
    // The parts of the gradient of paper's generator nearly cancel; see below.
    if model != .paper {
      bounds[\.discriminatorGradientNorm] = 1e-3
      bounds[\.generatorGradientNorm] = 1e-3
    }
    try Self.expectSame(of: gan, within: bounds)
  }

  /// A rank's share of the batch may be convolved in another way than the whole, which rounds
  /// otherwise: by up to a thousandth of the gradient of paper's generator, whose parts nearly
  /// cancel. So convolutions are plain here, in a process of their own.
  @Test(
    "has the same gradients on one rank, two and four", arguments: modelsOfAnyRankCount)
  func gradients(model: ModelName) async throws {
    await #expect(processExitsWith: .success) { [model] in
      ConvolutionMethods.allowed = .plain
      let gan = try Self.makeGAN(model, batch: 16)
      try Self.expectSame(
        of: gan,
        within: [\.discriminatorGradientNorm: 1e-4, \.generatorGradientNorm: 1e-4])
    }
  }

  @Test("goes by any objective that goes with it", arguments: ModelName.allCases)
  func objectives(model: ModelName) throws {
    for objective in ObjectiveName.allCases {
      var gan = try Self.makeGAN(model, batch: 4)
      gan.recipe.objective = objective.makeObjective()
      do {
        try gan.requirePenaltyToFit()
        try gan.requireWeightLimitToFit()
      } catch is ArchitectureError {
        continue
      }
      let report = try Self.train(gan, steps: 2, ranks: 1, batch: 4)[0][1]
      #expect(
        report.discriminatorLoss.isFinite && report.generatorLoss.isFinite
          && report.discriminatorGradientNorm > 0 && report.generatorGradientNorm > 0,
        "\(objective): \(report)")
    }
  }

  /// Expects the same numbers in each of the first steps on all ranks, however many there are, but
  /// for these fractions of each.
  private static func expectSame(
    of gan: GAN, within bounds: [KeyPath<TrainingStep.Report, Float>: Float]
  ) throws {
    let alone = try train(gan, steps: 3, ranks: 1, batch: 16)[0]
    for ranks in [2, 4] {
      for reports in try train(gan, steps: 3, ranks: ranks, batch: 16) {
        for (report, expected) in zip(reports, alone) {
          for (number, bound) in bounds {
            let (found, expected) = (report[keyPath: number], expected[keyPath: number])
            #expect(abs(found - expected) <= bound * abs(expected), "\(number), \(ranks) ranks")
          }
        }
      }
    }
  }
}

/// The discriminator's and the generator's loss in the first ten steps. Another order of sums, as
/// on another processor, changes the last ones by up to some hundredths of their range.
private let expectedLosses: [(ModelName, [Float], [Float])] = [
  (
    .gan,
    [1.386307, 1.38628, 1.38627, 1.38628, 1.38622, 1.3862, 1.38617, 1.38616, 1.38599, 1.38582],
    [
      0.6930462, 0.693139, 0.693207, 0.693195, 0.693177, 0.69319, 0.693216, 0.693233, 0.69331,
      0.693423,
    ]
  ),
  (
    .dcgan,
    [1.35401, 1.3916, 1.39323, 1.36559, 1.35575, 1.33288, 1.30271, 1.32727, 1.22804, 1.25461],
    [
      0.828759, 0.739404, 0.770347, 0.742873, 0.783848, 0.703043, 0.812688, 0.82025, 0.864827,
      0.833287,
    ]
  ),
  (
    .wgan,
    [
      -2.76369e-05, -3.85164e-05, -8.12147e-05, -6.30469e-05, -7.86712e-05, -5.35729e-05,
      -2.42366e-05, -6.02221e-05, -4.36931e-05, -7.2335e-05,
    ],
    [
      0.000159002, 0.000210688, 0.000240197, 0.000237465, 0.000249942, 0.00025769, 0.000281248,
      0.000281216, 0.000275429, 0.000272104,
    ]
  ),
  (
    .wganGP,
    [
      -0.303637, -0.25983, -0.170213, 0.028346, -0.080572, -0.121772, -0.109727, 0.00656855,
      -0.0609409, -0.0537855,
    ],
    [
      0.178017, 0.224966, 0.181613, 0.158129, 0.136355, 0.144102, 0.132876, 0.187666, 0.112943,
      0.101759,
    ]
  ),
  (
    .sngan,
    [2.01048, 1.96305, 1.98064, 1.98781, 1.987, 1.96684, 1.96433, 1.96625, 1.9459, 1.91925],
    [
      -0.00580786, -0.00680223, -0.00941318, -0.0112042, -0.014545, -0.0168839, -0.0262683,
      -0.0343797, -0.0525041, -0.0867952,
    ]
  ),
  (
    .snganResNet,
    [1.92411, 1.90827, 2.02087, 2.00593, 2.0176, 1.77894, 1.71147, 1.85787, 1.70205, 1.54193],
    [
      0.087004, 0.10723, 0.120344, 0.139351, 0.15926, 0.203481, 0.225604, 0.249048, 0.285565,
      0.359894,
    ]
  ),
  (
    .sagan,
    [2.01311, 1.94087, 1.96207, 1.91433, 1.8834, 1.88275, 1.78024, 1.65821, 1.51017, 1.27962],
    [
      -0.070269, -0.0377782, 0.00443671, 0.0266301, 0.0532706, 0.0481055, 0.0524286, 0.0534118,
      0.0492897, 0.16373,
    ]
  ),
  (
    .pggan,
    [
      1.0001, 0.312793, 0.326586, 0.0221546, 0.518604, 0.355747, 0.538871, 0.192673, 0.0342664,
      0.179487,
    ],
    [
      -0.923411, -0.752846, -0.853985, -0.206038, -0.597042, -0.697485, -0.622147, -0.211869,
      -0.4398, -0.362303,
    ]
  ),
  (
    .paper,
    [
      0.696834, 0.671152, 0.64525, 0.643687, 0.656845, 0.712748, 0.722201, 0.717191, 0.715184,
      0.698487,
    ],
    [
      0.688633, 0.66482, 0.624436, 0.555194, 0.506365, 0.511782, 0.55415, 0.582989, 0.655745,
      0.733839,
    ]
  ),
  (
    .portrait,
    [2.00113, 1.99902, 2.02191, 1.91696, 1.76606, 1.6956, 1.78711, 1.81251, 1.8005, 1.99956],
    [
      0.0642539, 0.0128110, 0.0256686, 0.0570081, 0.199301, 0.282828, 0.173403, 0.119486,
      0.121987, -0.0215722,
    ]
  ),
]
