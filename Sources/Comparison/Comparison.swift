import Collectives
import Foundation
import GANs
import Metrics
import Portraits
import Training

/// Trains several models under the same conditions, one after the other, and measures them.
///
/// All ranks work on each run together. Every run is a run directory of its own, as `train` makes it;
/// what has been done of it is not done again by another comparison in the same folder.
public final class Comparison {
  private let options: ComparisonOptions
  private let extractor: any FeatureExtractor
  private let communicator: any Communicator
  private let machine: Trainer.Machine

  /// - Parameter extractor: what describes portraits for the Fréchet and kernel distances and for
  ///   coverage.
  public init(
    _ options: ComparisonOptions, extractor: any FeatureExtractor,
    over communicator: any Communicator, machine: Trainer.Machine
  ) {
    self.options = options
    self.extractor = extractor
    self.communicator = communicator
    self.machine = machine
  }

  /// Makes all runs that are not finished yet, and writes tables and figures anew after each.
  ///
  /// Every rank calls this.
  /// - Throws: ``TrainingError`` on every rank alike.
  public func run() throws -> Trainer.Outcome {
    StopSignal.listen()
    communicator.activity = "reading the options"
    try communicator.verifySameOptions([options, machine.exchange])
    try communicator.onEveryRank { try options.validate(rankCount: communicator.size) }
    let (data, stored) = try openData()
    let plan = try plannedRuns(stored)
    let measurements = PortraitMeasurements(
      data.source, options: options, extractor: extractor, over: communicator)
    let baseline = try kept(in: options.output + "/reals.json") { try measurements.baseline() }
    let report = ComparisonReport(
      options: options, data: data, baseline: baseline, rankCount: communicator.size)

    var results: [RunResult] = []
    var failures: [RunFailure] = []
    for (index, run) in plan.enumerated() {
      if let result = try broadcastFromRoot({ run.result }) {
        results.append(result)
        continue
      }
      if let failure = try broadcastFromRoot({ run.failure }) {
        failures.append(failure)
        continue
      }
      say(
        "\nrun \(index + 1) of \(plan.count): \(run.model.rawValue), seed \(run.seed)"
          + (secondsLeft(of: plan[index...], after: results).map {
            "; about \(durationText($0)) of training to go"
          } ?? ""))
      do {
        guard let result = try finish(run, measuredBy: measurements) else { return .stopped }
        results.append(result)
      } catch let error as TrainingError where error.isDivergence {
        failures.append(try remember(error, of: run))
      }
      try communicator.onEveryRank {
        if communicator.isRoot { try report.write(plan, results, failures) }
      }
    }
    try communicator.onEveryRank {
      guard communicator.isRoot else { return }
      try report.write(plan, results, failures)
      Terminal.say("\n\(report.table(of: results).markdown)\nsee \(options.output)")
    }
    return .finished
  }

  // MARK: One run

  /// Trains a run to its end, or from where it was left, and measures it.
  /// - Returns: nil if it was asked to stop.
  private func finish(
    _ run: PlannedRun, measuredBy measurements: PortraitMeasurements
  ) throws -> RunResult? {
    let milestones = Trainer.Milestones(after: Set(run.milestones)) { step, generator in
      try self.measureLearning(of: run, step: step, generator, by: measurements)
    }
    let outcome = try Trainer(
      run.configuration, communicator: communicator, machine: machine, milestones: milestones
    ).train(resuming: .newest)
    guard outcome == .finished, try !communicator.isTrueAnywhere(asksToStop) else {
      return nil
    }
    let trained = try TrainedGenerator(
      from: run.configuration.output.path, averaged: true, over: communicator)
    let evaluation = try measurements.evaluation(of: trained.generator)
    let neighbours = try measurements.neighbours(of: trained.generator)
    return try broadcastFromRoot {
      let log = try LossCurves.Run(name: "", readingFrom: run.configuration.output.path)
      let result = RunResult(
        model: run.model, seed: run.seed, step: run.steps,
        images: run.schedule.imagesSeen(before: run.steps),
        generatorParameters: run.gan.generator.layout.trainableCount,
        discriminatorParameters: run.gan.discriminator.layout.trainableCount,
        trainingSeconds: log.records.reduce(0) { $0 + $1.seconds.step },
        evaluation: evaluation, nearestDistance: neighbours.medianDistance,
        closest: neighbours.closest)
      try JSONFile.write(result, to: run.resultFile)
      return result
    }
  }

  private var asksToStop: Bool { StopSignal.isRaised || machine.deadline?.isOver == true }

  /// Keeps in mind that a run diverged; the others go on.
  private func remember(_ error: TrainingError, of run: PlannedRun) throws -> RunFailure {
    let failure = RunFailure(model: run.model, seed: run.seed, sentence: error.description)
    try communicator.onEveryRank {
      if communicator.isRoot { try JSONFile.write(failure, to: run.failureFile) }
    }
    say(
      "\(run.model.rawValue), seed \(run.seed), is left out: \(error) "
        + "(remove \(run.failureFile) to try again)")
    return failure
  }

  /// Adds a point to the learning curve of a run, unless it is there already.
  private func measureLearning(
    of run: PlannedRun, step: Int, _ generator: ImageGenerator,
    by measurements: PortraitMeasurements
  ) throws {
    let known = try broadcastFromRoot { run.learningPoints }
    guard !(known ?? []).contains(where: { $0.step == step }),
      let distance = try measurements.slicedWasserstein(of: generator)
    else { return }
    let point = LearningPoint(
      step: step, images: run.schedule.imagesSeen(before: step), slicedWasserstein: distance)
    try communicator.onEveryRank {
      guard communicator.isRoot else { return }
      let points = ((known ?? []) + [point]).sorted { $0.step < $1.step }
      try JSONFile.write(points, to: run.learningFile)
    }
    say(
      "\(run.model.rawValue) after \(point.images) images: sliced Wasserstein distance "
        + String(format: "%.2f", distance.average))
  }

  // MARK: Plan

  private func openData() throws -> (PortraitData, StoredComparison) {
    communicator.activity = "opening the data"
    var configuration = options.common
    configuration.data.paintedSeed = configuration.data.paintedSeed ?? 1
    let data = try PortraitData.open(
      for: configuration, imageSize: configuration.architecture.imageSize,
      threads: machine.threads, until: machine.deadline, over: communicator)
    guard data.source.count >= PortraitMeasurements.smallestCount else {
      throw TrainingError(
        .badData,
        "\(data.summary) are too few to measure anything; "
          + "\(PortraitMeasurements.smallestCount) are needed")
    }
    let conditions = StoredComparison(
      options, dataDigest: data.digest, rankCount: communicator.size)
    let stored = try broadcastFromRoot { try conditions.continued(in: options.output) }
    return (data, stored ?? conditions)
  }

  /// Returns all runs: every model with the first seed, then with the next, so that each model has a
  /// result as soon as can be.
  private func plannedRuns(_ stored: StoredComparison) throws -> [PlannedRun] {
    var stored = stored
    if case .minutes(let minutes) = options.budget {
      for model in options.models where stored.measuredImages[model.rawValue] == nil {
        say("measuring how many images \(model.rawValue) is shown in \(durationText(minutes * 60))")
        stored.measuredImages[model.rawValue] = try SpeedMeasurement(
          of: model, options: options, over: communicator, machine: machine
        ).images(in: minutes * 60)
        try communicator.onEveryRank {
          if communicator.isRoot { try stored.write(to: options.output) }
        }
      }
    }
    return try options.seeds.flatMap { seed in
      try options.models.map { model in
        let images =
          switch options.budget {
          case .images(let count): count
          case .minutes: stored.measuredImages[model.rawValue] ?? 0
          }
        return try PlannedRun(of: model, seed: seed, images: images, options: options)
      }
    }
  }

  /// Returns what the runs will take, if that is known: each takes a given time, or as long as its
  /// model has taken.
  private func secondsLeft(
    of runs: ArraySlice<PlannedRun>, after results: [RunResult]
  ) -> Double? {
    let seconds = runs.map { run in
      results.last { $0.model == run.model }?.trainingSeconds ?? options.budget.seconds
    }
    guard !seconds.contains(nil) else { return nil }
    return seconds.reduce(0) { $0 + ($1 ?? 0) }
  }

  // MARK: Ranks

  private func say(_ line: String) {
    if communicator.isRoot { Terminal.say(line) }
  }

  /// Returns what rank 0 finds, on every rank.
  private func broadcastFromRoot<Value: Codable>(_ find: () throws -> Value?) throws -> Value? {
    let found = try communicator.onEveryRank { communicator.isRoot ? try find() : nil }
    return try communicator.broadcast(found)
  }

  /// Returns the value that rank 0 has kept in a file, or else finds it and keeps it.
  private func kept<Value: Codable>(
    in path: String, otherwise find: () throws -> Value
  ) throws -> Value {
    if let value: Value = try broadcastFromRoot({ JSONFile.read(path) }) { return value }
    let value = try find()
    try communicator.onEveryRank {
      if communicator.isRoot { try JSONFile.write(value, to: path) }
    }
    return value
  }
}
