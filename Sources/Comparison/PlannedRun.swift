import Foundation
import GANs
import Training

/// One of the runs that a comparison consists of.
struct PlannedRun {
  let model: ModelName
  let seed: UInt64
  /// How it is trained.
  let configuration: TrainingConfiguration
  let gan: GAN
  /// Which images come when.
  let schedule: TrainingSchedule
  /// The steps after which the learning curve has a point; the last ends the run.
  let milestones: [Int]

  /// Plans a run whose discriminator is shown at least `images` real images.
  /// - Throws: ``TrainingError`` if the model has no such networks.
  init(of model: ModelName, seed: UInt64, images: Int, options: ComparisonOptions) throws {
    (self.model, self.seed) = (model, seed)
    var configuration = options.common
    configuration.model = model
    configuration.seed = seed
    configuration.output.path = "\(options.output)/\(model.rawValue)-seed\(seed)"
    configuration.data.paintedSeed = configuration.data.paintedSeed ?? 1
    configuration.optimization.growthImages = nil
    let recipe = try configuration.makeGAN().recipe
    // A critic's warm-up is meant for runs of millions of images; it would take all there are here.
    if recipe.discriminatorUpdates != .constant(recipe.discriminatorUpdates.usual) {
      configuration.optimization.discriminatorUpdates = recipe.discriminatorUpdates.usual
    }
    if let growth = recipe.growth, growth.finalLevel > growth.startLevel {
      configuration.optimization.growthImages =
        options.common.optimization.growthImages ?? growth.phaseImages(toGrowUpInHalfOf: images)
    }
    let gan = try configuration.makeGAN()
    let batch = configuration.optimization.batchSize
    let schedule = TrainingSchedule(of: gan.recipe, batchSize: batch)
    let points = (1...options.curvePoints).map { point in
      let wanted = Double(images) * Double(point) / Double(options.curvePoints)
      return schedule.steps(toTake: max(1, Int((wanted / Double(batch)).rounded(.up))))
    }
    configuration.optimization.steps = points[points.count - 1]
    (self.configuration, self.gan, self.schedule) = (configuration, gan, schedule)
    milestones = Set(points).sorted()
  }

  /// The number of steps of the whole run.
  var steps: Int { milestones[milestones.count - 1] }
  /// Where the points of the learning curve are kept.
  var learningFile: String { configuration.output.path + "/learning.json" }
  /// Where the result is kept.
  var resultFile: String { configuration.output.path + "/evaluation.json" }

  /// Where it is said that the run diverged.
  var failureFile: String { configuration.output.path + "/failure.json" }

  /// What has been measured, if the run is finished.
  var result: RunResult? {
    let result: RunResult? = JSONFile.read(resultFile)
    return result?.step == steps ? result : nil
  }

  /// Why the run cannot be finished, if so.
  var failure: RunFailure? { JSONFile.read(failureFile) }

  /// The points of the learning curve that have been measured.
  var learningPoints: [LearningPoint] {
    JSONFile.read(learningFile) ?? []
  }
}
