import ArgumentParser
import Collectives
import Foundation
import Metrics
import Tensors
import Training

/// `gan-dist evaluate`
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how close a trained generator's portraits come to real ones.",
    discussion: """
      Works on one process or under mpirun, with the same result. Metrics: swd (sliced Wasserstein \
      distance of patches, by PGGAN's protocol), ms-ssim (how much portraits resemble each other), \
      and by features of the portraits frechet, kernel and coverage (with precision, recall and \
      density). Without --features these are features of random convolutions, whose numbers \
      compare with each other only; with the weights of Inception-v3 they are FID and KID.
      """)

  @Argument(help: "A checkpoint file, or the directory of a run.")
  var checkpoint: String

  @Option(
    help: "Folder or store of real portraits. (default: what the checkpoint was trained on)")
  var data: String?

  @Option(help: "Folder for decoded images. (default: gan-dist in the user's cache folder)")
  var cache: String?

  @Option(
    help:
      "Number of portraits to generate. (default: as many as are real, but 2048 to 16384)")
  var images: Int?

  @Option(help: "Metrics, separated by commas: swd, ms-ssim, frechet, kernel, coverage.")
  var metrics = MetricList.all

  @Option(
    help:
      "Safetensors file of Inception-v3, by pytorch-fid or torchvision. (default: random convolutions)"
  )
  var features: String?

  @Option(help: "The moving average of the generator's weights (ema), or its newest (raw).")
  var weights = Generate.Weights.ema

  @Option(help: "Which latents to generate from, and which patches and subsets to take.")
  var seed: UInt64 = 1

  @Option(help: "Also write the figures to this file, as JSON.")
  var json: String?

  @OptionGroup var compute: ThreadOptions

  /// As many images as PGGAN compares; of a larger data set, that many at random.
  private static let usualLimit = 16_384
  /// Fewer make figures that vary much from seed to seed.
  private static let usualMinimum = 2048

  func validate() throws {
    guard (Evaluator.smallestCount...1_000_000).contains(images ?? Self.usualMinimum) else {
      throw ValidationError(
        "--images must be between \(Evaluator.smallestCount) and a million")
    }
  }

  func run() throws {
    let communicator = try Launch.communicator()
    try communicator.run { try evaluate(over: communicator) }
  }

  private func evaluate(over communicator: any Communicator) throws {
    let threads = try compute.configure(for: communicator)
    try communicator.verifySameOptions([
      checkpoint, data, images, metrics.metrics.map(\.rawValue).sorted(), features,
      weights.rawValue, seed,
    ])
    let extractor = try communicator.onEveryRank { try makeExtractor() }
    let trained = try TrainedGenerator(
      from: checkpoint, averaged: weights == .ema, over: communicator)
    var configuration = trained.configuration
    configuration.data.path = data ?? configuration.data.path
    configuration.data.cache = cache ?? configuration.data.cache
    let portraits = try PortraitData.open(
      for: configuration, imageSize: trained.generator.imageSize, threads: threads,
      over: communicator)
    guard portraits.source.count >= Evaluator.smallestCount else {
      throw TrainingError(
        .badData,
        "\(portraits.summary) are too few to measure anything; \(Evaluator.smallestCount) are needed"
      )
    }
    let reals = ShuffledPortraits(portraits.source, seed: seed, limit: Self.usualLimit)
    let line = ActivityLine()
    let evaluator = Evaluator(
      reals: reals, metrics: metrics.metrics, extractor: extractor, seed: seed, over: communicator
    ) { if communicator.isRoot { line.report($0, $1) } }
    let evaluation = try evaluator.evaluate(
      GeneratedPortraits(
        by: trained.generator,
        count: images ?? min(max(reals.count, Self.usualMinimum), Self.usualLimit), seed: seed))
    try communicator.onEveryRank {
      guard communicator.isRoot else { return }
      line.clear()
      let report = Report(
        checkpoint: checkpoint, model: configuration.model.rawValue, step: trained.step,
        weights: weights.rawValue, data: portraits.summary, evaluation: evaluation)
      Terminal.say("\(report)")
      if let json { try report.write(to: json) }
    }
  }

  private func makeExtractor() throws -> any FeatureExtractor {
    try features.map { try InceptionV3(contentsOf: $0) } ?? RandomConvolutions()
  }
}

/// The list of metrics as the user writes it.
struct MetricList: ExpressibleByArgument {
  let metrics: Set<Metric>

  static let all = MetricList(metrics: Set(Metric.allCases))

  var defaultValueDescription: String { "all" }

  init(metrics: Set<Metric>) { self.metrics = metrics }

  init?(argument: String) {
    let names = argument.split(separator: ",", omittingEmptySubsequences: false)
    let metrics = names.compactMap { Metric(rawValue: String($0)) }
    guard metrics.count == names.count else { return nil }
    self.metrics = Set(metrics)
  }
}

/// What `evaluate` says.
private struct Report: Encodable, CustomStringConvertible {
  let checkpoint, model: String
  let step: Int
  let weights, data: String
  let evaluation: Evaluation

  var description: String {
    """
    \(evaluation.generatedCount) portraits by \(checkpoint) (\(model), step \(step), \(weights)), \
    seed \(evaluation.seed), beside \(evaluation.realCount) real ones: \(data)

    \(evaluation.table)
    """
  }

  /// - Throws: `TrainingError` if the file cannot be written.
  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let bytes = try encoder.encode(self)
    do {
      try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw TrainingError(
        .inputOutput,
        "cannot write \(path) (\(error.localizedDescription)); name another with --json")
    }
  }
}
