import Files
import Foundation
import GANs
import Metrics
import Pictures
import Portraits
import Training

/// What rank 0 writes of a comparison: the tables, the learning curves and the figures.
struct ComparisonReport {
  let options: ComparisonOptions
  let data: PortraitData
  let baseline: RealBaseline
  let rankCount: Int

  func table(of results: [RunResult]) -> ComparisonTable {
    ComparisonTable(of: results, models: options.models, baseline: baseline)
  }

  /// Writes everything anew.
  /// - Parameters:
  ///   - results: of the runs of `plan` that are finished.
  ///   - failures: of those that diverged.
  func write(_ plan: [PlannedRun], _ results: [RunResult], _ failures: [RunFailure]) throws {
    guard !results.isEmpty else { return }
    let table = table(of: results)
    let missing = failures.map {
      "\n- Missing: `\($0.model.rawValue)`, seed \($0.seed): \($0.sentence)."
    }
    try write(
      table.markdown + "\n\n" + notes(on: results) + missing.joined() + "\n", to: "table.md")
    try write(table.commaSeparated, to: "table.csv")
    let finished = plan.compactMap { run in
      results.first { $0.model == run.model && $0.seed == run.seed }.map { (run, $0) }
    }
    try drawCurves(of: finished.map(\.0))
    try drawFigures(of: finished)
  }

  private func drawCurves(of runs: [PlannedRun]) throws {
    let chart = LearningChart(
      models: options.models,
      curves: runs.map { run in
        (run.model, run.learningPoints.filter { run.milestones.contains($0.step) })
      },
      baseline: baseline, imageSize: data.source.imageSize
    ).chart
    try chart.writePNG(to: path("curves.png"))
    try chart.writeSVG(to: path("curves.svg"))
  }

  /// Shows each model by its run with the first seed that is finished.
  private func drawFigures(of finished: [(PlannedRun, RunResult)]) throws {
    let shown = try options.models.compactMap { model in
      try finished.first { $0.0.model == model }.map { run, result in
        let checkpoint = try Checkpoint.open(run.configuration.output.path)
        return (run, result, try checkpoint.imageGenerator(averaged: true))
      }
    }
    let figures = ComparisonFigures(
      source: data.source, runs: shown, sampleCount: options.sampleCount)
    try figures.samples().writePNG(to: path("samples.png"))
    try figures.samplesBesideReals().writePNG(to: path("beside-reals.png"))
    try figures.neighbours().writePNG(to: path("neighbours.png"))
  }

  /// What the figures in the tables mean, and under which conditions they were found.
  private func notes(on results: [RunResult]) -> String {
    let optimization = options.common.optimization
    let evaluation = results.first?.evaluation
    let sliced = evaluation?.slicedWasserstein?.imageCount ?? 0
    let features = evaluation?.features
    let (seeds, size) = (options.seeds.count, data.source.imageSize)
    let budget =
      switch options.budget {
      case .images(let count): "\(count) real images shown to each discriminator"
      case .minutes(let minutes):
        "as many real images as were measured to take \(durationText(minutes * 60))"
      }
    let augmentation =
      optimization.differentiableAugmentation.map { "what D sees augmented by \($0)" }
      ?? "in which only `portrait` augments what D sees"
    return """
      Conditions: \(data.summary), \(size) × \(size) pixels, batch \(optimization.batchSize), \
      \(budget), \(seeds) \(seeds == 1 ? "seed" : "seeds"), \(rankCount) \
      \(rankCount == 1 ? "rank" : "ranks"); each model by its own recipe, \(augmentation); portraits \
      by the moving average of its generator. Bold is best; ± is half of the distance between the \
      lowest and the highest seed.

      - SWD: sliced Wasserstein distance × 1000 of \(sliced) portraits of each kind, by level in \
      pixels and their mean; of real portraits, one half beside the other, which are fewer and so \
      a little farther apart.
      - MS-SSIM: how much portraits resemble each other; best is nearest to real ones.
      - Fréchet and kernel distance, precision, recall, density and coverage: by features \
      (\(features?.extractor ?? "none")) of \(features?.generatedCount ?? 0) generated and \
      \(features?.realCount ?? 0) real portraits; of real ones, two halves.
      - Nearest real portrait: the median distance of a portrait from the nearest real one, itself \
      excepted: the root of the mean squared difference of 16 × 16 pixels from 0 to 255, either of \
      them mirrored or not. Copies would be at 0; blurred portraits are nearer to all others than sharp ones.
      - Steps of G: its updates; models that update D several times a step have as many times fewer for \
      the same images. `wgan` goes without its warm-up of 100 updates of D.
      - Minutes and images/s: of training alone, on the machine that made the runs.
      """
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
