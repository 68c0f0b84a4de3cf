import ArgumentParser
import Collectives
import Metrics
import Tensors
import Training
import Wording

/// `gan-dist evaluate`
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure how close a trained generator's portraits come to real ones.",
    discussion: """
      Works on one process or under mpirun, with the same result. Metrics: swd (sliced Wasserstein \
      distance of patches, by PGGAN's protocol), ms-ssim (how much portraits resemble each other), \
      and by features of the portraits frechet, kernel and coverage (with precision, recall and \
      density). Without --features these are features of random convolutions, whose numbers \
      compare with each other only; with the weights of Inception-v3 they are FID and KID. \
      Unless --data names others, the real portraits are those that the generator was trained on: \
      figures then say how well it matches these, and one that knew them by heart would have the best.
      """)

  @Argument(help: "A checkpoint file, or the directory of a run.")
  var checkpoint: String

  @Option(
    help: "Folder or store of real portraits. (default: what the checkpoint was trained on)")
  var data: String?

  @Option(help: "Folder for decoded images. (default: gan-dist in the user's cache folder)")
  var cache: String?

  @Option(
    help: """
      Number of portraits to generate. (default: as many as there are real ones, at least 2048 \
      and at most 16384)
      """)
  var images: Int?

  @Option(help: "Metrics, separated by commas.")
  var metrics = CommaSeparated(values: Metric.allCases)

  @OptionGroup var features: FeatureOptions

  @Option(help: "The moving average of the generator's weights (ema), or its newest (raw).")
  var weights = Generate.Weights.ema

  @Option(help: "Which latents to generate from, and which patches and subsets to take.")
  var seed: UInt64 = 1

  @Option(help: "Also write the figures to this file, as JSON.")
  var json: String?

  @OptionGroup var compute: ThreadOptions

  func validate() throws {
    guard (Evaluator.smallestCount...1_000_000).contains(images ?? Evaluator.smallestCount) else {
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
      checkpoint, data, images, metrics.values.map(\.rawValue).sorted(), features.features,
      weights.rawValue, seed,
    ])
    // Measuring may take hours: that there is no place for the result is said before.
    try communicator.onEveryRank {
      if let json, communicator.isRoot { try JSONFile.requirePlace(for: json, option: "--json") }
    }
    let extractor = try communicator.onEveryRank { try features.makeExtractor() }
    let trained = try TrainedGenerator(
      from: checkpoint, averaged: weights == .ema, over: communicator)
    if communicator.isRoot { trained.passedOver.forEach { Terminal.say("passed over: \($0)") } }
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
    let reals = ShuffledPortraits(portraits.source, seed: seed, limit: Evaluator.usualLimit)
    let line = ActivityLine()
    let evaluator = Evaluator(
      reals: reals, metrics: Set(metrics.values), extractor: extractor, seed: seed,
      over: communicator
    ) { if communicator.isRoot { line.report($0, $1) } }
    let evaluation = try evaluator.evaluate(
      GeneratedPortraits(
        by: trained.generator,
        count: images ?? Evaluator.usualCount(besideReals: reals.count), seed: seed))
    try communicator.onEveryRank {
      guard communicator.isRoot else { return }
      line.clear()
      let report = Report(
        checkpoint: checkpoint, model: configuration.model.rawValue, step: trained.step,
        weights: weights.rawValue, growth: trained.generator.unfinishedGrowth,
        data: portraits.summary, isTrainingData: trained.dataDigest == portraits.digest,
        evaluation: evaluation)
      Terminal.say("\(report)")
      if let json { try JSONFile.write(report, to: json, option: "--json") }
    }
  }
}

extension Metric: ExpressibleByArgument {}

/// What `evaluate` says.
private struct Report: Encodable, CustomStringConvertible {
  let checkpoint, model: String
  let step: Int
  let weights: String
  /// That of a generator that has not grown up.
  let growth: String?
  let data: String
  /// Whether the generator was trained on these portraits.
  let isTrainingData: Bool
  let evaluation: Evaluation

  var description: String {
    """
    \(evaluation.generatedCount.counted("portrait")) by \(checkpoint) (\(model), step \(step), \(weights)\
    \(growth.map { ", \($0)" } ?? "")), seed \(evaluation.seed),
    beside \(evaluation.realCount.counted("real one")): \(data)\
    \(isTrainingData ? ", which it was trained on" : ", other than it was trained on")

    \(evaluation.table)
    """
  }
}
