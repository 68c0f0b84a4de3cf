import Collectives
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
  /// Whether the model's own recipe has a warm-up of the critic, which this run goes without.
  let leavesOutWarmUp: Bool

  /// Plans a run whose discriminator is shown at least `images` real images.
  /// - Throws: ``TrainingError`` if the model has no such networks.
  init(of model: ModelName, seed: UInt64, images: Int, options: ComparisonOptions) throws {
    (self.model, self.seed) = (model, seed)
    var configuration = options.common
    configuration.model = model
    configuration.seed = seed
    configuration.output.path = "\(options.output)/\(model.rawValue)-seed\(seed)"
    configuration.optimization.growthImages = nil
    let recipe = try configuration.makeGAN().recipe
    // A critic's warm-up is meant for runs of millions of images; it would take most of a short
    // budget.
    leavesOutWarmUp =
      recipe.discriminatorUpdates != .constant(recipe.discriminatorUpdates.usual)
    if leavesOutWarmUp {
      configuration.optimization.discriminatorUpdates = recipe.discriminatorUpdates.usual
    }
    if let growth = recipe.growth, growth.finalLevel > growth.startLevel {
      configuration.optimization.growthImages =
        options.common.optimization.growthImages ?? growth.phaseImages(inRunOf: images)
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

  /// What became of the run; nil if it is not finished.
  var outcome: RunOutcome? {
    get throws {
      if let result: RunResult = try JSONFile.read(resultFile), result.step == steps {
        return .finished(result)
      }
      return try JSONFile.read(failureFile).map(RunOutcome.diverged)
    }
  }

  /// The points of the learning curve that have been measured.
  var learningPoints: [LearningPoint] {
    get throws { try JSONFile.read(learningFile) ?? [] }
  }

  /// Returns the generator that the finished run ended with.
  /// - Throws: ``TrainingError`` on every rank if its checkpoint is lost.
  func trainedGenerator(over communicator: any Communicator) throws -> ImageGenerator {
    let trained = try TrainedGenerator(
      from: configuration.output.path, averaged: true, over: communicator)
    guard trained.step == steps else {
      throw TrainingError(
        .badData,
        "\(configuration.output.path) has no usable checkpoint of step \(steps), only of step "
          + "\(trained.step)\(trained.passedOver.map { "; " + $0 }.joined()); remove "
          + "\(resultFile), if it is there, and give the same command again to train the rest anew")
    }
    return trained.generator
  }

  /// All that decides what comes of the model's runs beside the conditions of the comparison: the
  /// sizes of the networks, and every part of the recipe, by its name in the program.
  var recipe: [StoredComparison.Condition] {
    let networks = [gan.generator, gan.discriminator].map { "\($0.layout.trainableCount)" }
    return [.init(option: "parameters", value: networks.joined(separator: " and "))]
      + Mirror(reflecting: gan.recipe).children.map {
        .init(option: $0.label ?? "", value: "\($0.value)")
      }
  }
}
