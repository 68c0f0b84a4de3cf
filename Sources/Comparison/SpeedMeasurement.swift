import Collectives
import GANs
import Tensors
import Training

/// How fast a model trains here, at each of the sizes that it grows through.
struct SpeedMeasurement {
  private let model: ModelName
  private let options: ComparisonOptions
  /// Seconds of a real image, by level of growth; that of a model of one size is at level 0.
  private let secondsPerImage: [Int: Double]

  /// Images are looked up at so many places of a run.
  private static let probes = 64
  /// The seconds for which each level is timed.
  private static let patience = 4.0

  /// A run so long that each of its phases has room for the steps that are timed.
  private static let longRun = 1 << 40

  /// Trains `model` for some seconds at each level; every rank calls this.
  /// - Parameter stopIfAsked: called after each step; what it throws, on every rank, ends the
  ///   measurement.
  /// - Throws: `CollectiveError` if the ranks could not be reached, and what `stopIfAsked` throws.
  init(
    of model: ModelName, options: ComparisonOptions, over communicator: any Communicator,
    machine: Trainer.Machine, stopIfAsked: () throws -> Void
  ) throws {
    (self.model, self.options) = (model, options)
    var longPhases = options
    longPhases.common.optimization.growthImages = nil
    let run = try PlannedRun(of: model, seed: 1, images: Self.longRun, options: longPhases)
    let optimization = run.configuration.optimization
    var gan = run.gan
    // Adaptive augmentation begins at nothing; what is timed is what it costs when all are changed.
    gan.recipe.adaptiveAugmentation = nil
    let state = TrainingState(gan: gan, seed: 1, averageHalfLife: optimization.averageHalfLife)
    let step = TrainingStep(
      state: state, communicator: communicator, batchSize: optimization.batchSize, seed: 1,
      synchronizesBatchStatistics: optimization.synchronizesBatchStatistics,
      exchange: machine.exchange)
    let samples = (0..<optimization.batchSize / communicator.size).map {
      UInt32($0 * communicator.size + communicator.rank)
    }
    let size = run.gan.imageSize
    let blank = Tensor(shape: [samples.count, size, size, 3]) { $0.update(repeating: 0) }

    var found: [Int: Double] = [:]
    for (level, middle) in Self.middles(of: run) {
      communicator.activity = "timing \(model.rawValue)"
      state.step = middle
      // The first step makes room.
      _ = try step { .init(blank, samples: samples) }
      let (first, start) = (state.step, ContinuousClock.now)
      var seconds = 0.0
      repeat {
        _ = try step { .init(blank, samples: samples) }
        try stopIfAsked()
        seconds = (ContinuousClock.now - start) / .seconds(1)
      } while try !communicator.isTrueAnywhere(seconds >= Self.patience)
      let images =
        run.schedule.imagesSeen(before: state.step) - run.schedule.imagesSeen(before: first)
      var perImage = [Float(seconds / Double(images))]
      try communicator.average(&perImage)
      found[level] = Double(perImage[0])
    }
    secondsPerImage = found
  }

  /// Returns a step in the middle of each level's own phase.
  private static func middles(of run: PlannedRun) -> [(level: Int, step: Int)] {
    let batch = run.configuration.optimization.batchSize
    guard let growth = run.gan.recipe.growth else {
      return [(0, run.schedule.steps(toTake: longRun / 2 / batch))]
    }
    return (growth.startLevel...growth.finalLevel).map { level in
      let before = (level - growth.startLevel) * (growth.stableImages + growth.fadeImages)
      return (level, run.schedule.steps(toTake: (before + growth.stableImages / 2) / batch))
    }
  }

  /// Returns how many images are seen in so many seconds, whole batches.
  func images(in seconds: Double) throws -> Int {
    let batch = options.common.optimization.batchSize
    var (few, many) = (1, 2)
    while try self.seconds(toSee: many * batch) < seconds && many < 1 << 32 {
      (few, many) = (many, 2 * many)
    }
    while many - few > 1 {
      let middle = (few + many) / 2
      if try self.seconds(toSee: middle * batch) <= seconds { few = middle } else { many = middle }
    }
    return few * batch
  }

  private func seconds(toSee images: Int) throws -> Double {
    let run = try PlannedRun(of: model, seed: 1, images: images, options: options)
    let perImage = (0..<Self.probes).map { probe in
      let seen = images * (2 * probe + 1) / (2 * Self.probes)
      let level = run.gan.recipe.growth?.growth(imagesSeen: seen).level ?? 0
      return secondsPerImage[level] ?? 0
    }
    return perImage.reduce(0, +) / Double(Self.probes) * Double(images)
  }
}
