import Collectives
import Files
import Foundation
import GANs
import Metrics
import Pictures
import Portraits
import Training
import Wording

/// What rank 0 writes of a comparison: the tables, the learning curves and the figures.
struct ComparisonReport {
  let options: ComparisonOptions
  let data: PortraitData
  let baseline: RealBaseline
  let rankCount: Int
  let plan: [PlannedRun]

  /// Returns the most important figures of the runs that are finished; nil if there are none.
  func summary(of outcomes: [RunOutcome?]) -> String? {
    let results = outcomes.compactMap(\.?.result)
    return results.isEmpty ? nil : table(of: results).summary
  }

  /// Writes everything anew.
  /// - Parameter outcomes: of each run of the plan; nil if it is not finished.
  func write(_ outcomes: [RunOutcome?]) throws {
    let finished = zip(plan, outcomes).compactMap { run, outcome in
      (outcome?.result).map { (run: run, result: $0) }
    }
    guard !finished.isEmpty else { return }
    let table = table(of: finished.map(\.result))
    let missing = outcomes.compactMap(\.?.failure).map {
      "\n- Missing: `\($0.model.rawValue)`, seed \($0.seed): \($0.sentence)."
    }
    // One run of each model, that with the first seed that is finished.
    let shown = options.models.compactMap { model in finished.first { $0.run.model == model } }
    try write(
      table.markdown + "\n\n" + notes(on: shown) + missing.joined() + "\n", to: "table.md")
    try write(table.commaSeparated, to: "table.csv")
    try drawCurves(of: finished.map(\.run))
    try drawFigures(of: shown)
  }

  private func table(of results: [RunResult]) -> ComparisonTable {
    ComparisonTable(of: results, models: options.models, baseline: baseline)
  }

  private func drawCurves(of runs: [PlannedRun]) throws {
    let chart = LearningChart(
      models: options.models,
      curves: try runs.map { run in
        (run.model, try run.learningPoints.filter { run.milestones.contains($0.step) })
      },
      baseline: baseline, imageSize: data.source.imageSize
    ).chart
    try chart.writePNG(to: path("curves.png"))
    try chart.writeSVG(to: path("curves.svg"))
  }

  private func drawFigures(of shown: [(run: PlannedRun, result: RunResult)]) throws {
    let figures = ComparisonFigures(
      source: data.source,
      runs: try shown.map { ($0, $1, try $0.trainedGenerator(over: SoloCommunicator())) },
      sampleCount: options.sampleCount)
    try figures.samples().writePNG(to: path("samples.png"))
    try figures.samplesBesideReals().writePNG(to: path("beside-reals.png"))
    try figures.neighbours().writePNG(to: path("neighbours.png"))
  }

  /// What the figures in the tables mean, and under which conditions they were found.
  private func notes(on shown: [(run: PlannedRun, result: RunResult)]) -> String {
    let optimization = options.common.optimization
    let evaluation = shown.first?.result.evaluation
    let sliced = evaluation?.slicedWasserstein?.imageCount ?? 0
    let features = evaluation?.features
    let halves = baseline.evaluation.slicedWasserstein?.imageCount ?? 0
    let (seeds, size) = (options.seeds.count, data.source.imageSize)
    let budget =
      switch options.budget {
      case .images(let count): "\(count.counted("real image")) shown to each discriminator"
      case .minutes(let minutes):
        "as many real images as were measured to take \(durationText(minutes * 60))"
      }
    let runs = shown.map(\.run)
    let augmentation = Self.byModel(runs) { run in
      let adaptive = run.gan.recipe.adaptiveAugmentation
      return run.gan.recipe.augmentation.description
        + (adaptive.map { " as often as keeps r_t near \($0.target)" } ?? "")
    }
    let halfLife = Self.byModel(runs) { run in
      let images = optimization.batchSize * run.gan.recipe.discriminatorUpdates.usual
      return String(format: "%.0f", optimization.averageHalfLife / Double(images))
    }
    let cut = runs.filter(\.leavesOutWarmUp).map { "`\($0.model.rawValue)`" }
    return """
      Conditions: \(data.summary), \(size) × \(size) pixels, batch \(optimization.batchSize), \
      \(budget), \(seeds.counted("seed")), \(rankCount.counted("rank")); each model by its own recipe. Bold is what is better in \
      each of a model's runs than in any of another's; with a single run of some model nothing is. ± is \
      half of the distance between the lowest and the highest seed, or, of a single run, the standard \
      error (s.e.).

      - Real portraits are those that the models were trained on: the figures say how well a model \
      matches these, not how well it does with others. Their own row is one half beside the other, \
      \(halves) and \(halves); ≤ and ≥ mark what would be smaller or greater of as many portraits as \
      the models have been measured by.
      - SWD: sliced Wasserstein distance × 1000 of \(sliced.counted("portrait")) of each kind, by level in \
      pixels and their mean.
      - MS-SSIM: how much portraits resemble each other; best is nearest to real ones.
      - Fréchet and kernel distance, precision, recall, density and coverage: by features \
      (\(features?.extractor ?? "none")) of \(features?.generatedCount ?? 0) generated and \
      \((features?.realCount ?? 0).counted("real portrait")).\(features?.frechetWarning.map { " \($0)." } ?? "")
      - Nearest real portrait: the median distance of a portrait from the nearest real one, itself \
      excepted: the root of the mean squared difference of 16 × 16 pixels from 0 to 255, either of \
      them mirrored or not. Copies would be at 0; blurred portraits are nearer to all others than sharp ones.
      - Augmentation of what D sees: \(augmentation).
      - Portraits are made by the moving average of G's weights; its half-life, \
      \(Int(optimization.averageHalfLife).counted("image", grouped: true)) shown to D, is so many steps of G: \(halfLife).
      - Steps of G: its updates; models that update D several times a step have as many times fewer for \
      the same images.\(cut.isEmpty ? "" : " Without the warm-up of D: \(cut.joined(separator: ", ")).")
      - Minutes and images/s: of training alone, on the machine that made the runs.
      """
  }

  /// Returns a value of each model: once, if it is that of all, or after the names of those that
  /// have it.
  private static func byModel(_ runs: [PlannedRun], _ value: (PlannedRun) -> String) -> String {
    let values = runs.map(value)
    guard Set(values).count > 1 else { return values.first ?? "" }
    return zip(runs, values).map { "`\($0.model.rawValue)` \($1)" }.joined(separator: ", ")
  }

  private func write(_ text: String, to name: String) throws {
    do {
      try NewFile.write(text, to: path(name))
    } catch {
      throw TrainingError.unwritable(path(name), because: error)
    }
  }

  private func path(_ name: String) -> String { options.output + "/" + name }
}
