import Collectives
import Foundation
import GANs
import Metrics
import Portraits
import Training
import Wording

/// Trains several models under the same conditions, one after the other, and measures them.
///
/// All ranks work on each run together. Every run is a run directory of its own, as `train` makes
/// it; what has been done of it is not done again by another comparison in the same folder.
public final class Comparison {
  private var options: ComparisonOptions
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
    // Painted portraits are the same in all runs.
    self.options.common.data.paintedSeed = options.common.data.paintedSeed ?? 1
    self.extractor = extractor
    self.communicator = communicator
    self.machine = machine
  }

  /// Makes all runs that are not finished yet, and writes tables and figures anew after each.
  ///
  /// Every rank calls this.
  /// - Throws: ``TrainingError`` on every rank alike, also if there are runs that diverged, or if
  ///   it was asked to stop.
  public func run() throws {
    StopSignal.listen()
    communicator.activity = "reading the options"
    try communicator.verifySameOptions([
      options, features, machine.exchange, machine.convolutions.rawValue,
    ])
    try communicator.onEveryRank { try options.validate(rankCount: communicator.size) }
    let data = try openData()
    let lock = try lockOutput()
    defer { lock?.release() }
    let stored = try conditions(with: data)
    let plan = try plannedRuns(under: stored)
    let measurements = PortraitMeasurements(
      data.source, options: options, extractor: extractor, over: communicator,
      stopIfAsked: stopIfAsked)
    let baseline = try kept(in: options.output + "/reals.json") { try measurements.baseline() }
    let report = ComparisonReport(
      options: options, data: data, baseline: baseline, rankCount: communicator.size, plan: plan)

    var outcomes = try fromRoot { try plan.map { try $0.outcome } }
    let missing = plan.indices.filter { outcomes[$0] == nil }
    for (position, index) in missing.enumerated() {
      let run = plan[index]
      say(
        "\nrun \(index + 1) of \(plan.count): \(run.model.rawValue), seed \(run.seed)"
          + (secondsLeft(of: missing[position...].map { plan[$0] }, after: outcomes).map {
            "; about \(durationText($0)) of training to go"
          } ?? ""))
      outcomes[index] = try finish(run, measuredBy: measurements)
      try write(report, of: outcomes)
    }
    if missing.isEmpty { try write(report, of: outcomes) }
    try onRoot {
      report.summary(of: outcomes).map {
        Terminal.say("\n\($0)\n\nall figures: \(options.output)/table.md")
      }
      let others = stored.models.subtracting(options.models.map(\.rawValue)).sorted()
      if !others.isEmpty {
        Terminal.say(
          "not asked for now, and so not in it: \(others.joined(separator: ", ")); name all of "
            + "them in --models to have them there")
      }
    }
    try requireNone(outcomes.compactMap(\.?.failure))
  }

  private func write(_ report: ComparisonReport, of outcomes: [RunOutcome?]) throws {
    communicator.activity = "writing the table and the figures"
    try onRoot { try report.write(outcomes) }
  }

  /// - Throws: ``TrainingError`` if there are failures: that the table has not all that was asked
  ///   for should not pass for success.
  private func requireNone(_ failures: [RunFailure]) throws {
    guard !failures.isEmpty else { return }
    throw TrainingError(
      .badData,
      "without a result: "
        + failures.map { "\($0.model.rawValue), seed \($0.seed) (\($0.sentence))" }
        .joined(separator: ", ")
        + "; leave the model or the seed out, or choose other conditions and another --output")
  }

  // MARK: One run

  /// Trains a run to its end, or from where it was left, and measures it.
  private func finish(
    _ run: PlannedRun, measuredBy measurements: PortraitMeasurements
  ) throws -> RunOutcome {
    let milestones = Trainer.Milestones(after: Set(run.milestones)) { step, generator in
      try self.measureLearning(of: run, step: step, generator, by: measurements)
    }
    do {
      let outcome = try Trainer(
        run.configuration, communicator: communicator, machine: machine, milestones: milestones
      ).train(resuming: .newest)
      guard outcome == .finished else { throw Self.stopped }
    } catch let error as TrainingError {
      guard let divergence = error.divergence else { throw error }
      return .diverged(try remember(divergence, of: run))
    }
    return .finished(try measure(run, by: measurements))
  }

  private func measure(
    _ run: PlannedRun, by measurements: PortraitMeasurements
  ) throws -> RunResult {
    let findings = try measurements.findings(of: run.trainedGenerator(over: communicator))
    return try fromRoot {
      let log = try LossRecord.log(of: run.configuration.output.path)
      let result = RunResult(
        model: run.model, seed: run.seed, step: run.steps,
        images: run.schedule.imagesSeen(before: run.steps),
        generatorParameters: run.gan.generator.layout.trainableCount,
        discriminatorParameters: run.gan.discriminator.layout.trainableCount,
        trainingSeconds: log.reduce(0) { $0 + $1.seconds.step },
        evaluation: findings.evaluation, nearestDistance: findings.nearestDistance,
        closest: findings.closest)
      try JSONFile.write(result, to: run.resultFile)
      return result
    }
  }

  /// Keeps in mind that a run diverged; the others go on.
  private func remember(_ divergence: String, of run: PlannedRun) throws -> RunFailure {
    let failure = RunFailure(model: run.model, seed: run.seed, sentence: divergence)
    try onRoot { try JSONFile.write(failure, to: run.failureFile) }
    say(
      "\(run.model.rawValue), seed \(run.seed), is left out: \(divergence) "
        + "(\(run.failureFile) says so to later comparisons, since it would do so again)")
    return failure
  }

  /// Adds a point to the learning curve of a run, unless it is there already.
  private func measureLearning(
    of run: PlannedRun, step: Int, _ generator: ImageGenerator,
    by measurements: PortraitMeasurements
  ) throws {
    let known = try fromRoot { try run.learningPoints }
    guard !known.contains(where: { $0.step == step }) else { return }
    let distance = try measurements.slicedWasserstein(of: generator)
    let point = LearningPoint(
      step: step, images: run.schedule.imagesSeen(before: step), slicedWasserstein: distance)
    try onRoot {
      try JSONFile.write((known + [point]).sorted { $0.step < $1.step }, to: run.learningFile)
    }
    say(
      "\(run.model.rawValue) after \(point.images.counted("image")): sliced Wasserstein distance "
        + String(format: "%.2f", distance.average))
  }

  // MARK: Stopping

  private static let stopped = TrainingError(
    .stopped, "stopped; give the same command again to continue")

  /// Throws if any rank has been asked to stop; every rank calls this.
  private func stopIfAsked() throws {
    let isAsked = StopSignal.isRaised || machine.deadline?.isOver == true
    if try communicator.isTrueAnywhere(isAsked) { throw Self.stopped }
  }

  // MARK: Plan

  /// What tells the network that describes portraits from others; nil is the built-in one.
  private var features: String? {
    extractor.weightsDigest.map { "\(extractor.name), weights \($0)" }
  }

  private func openData() throws -> PortraitData {
    communicator.activity = "opening the data"
    let data = try PortraitData.open(
      for: options.common, imageSize: options.common.architecture.imageSize,
      threads: machine.threads, until: machine.deadline, over: communicator)
    guard data.source.count >= Evaluator.smallestCount else {
      throw TrainingError(
        .badData,
        "\(data.summary) are too few to measure anything; \(Evaluator.smallestCount) are needed")
    }
    return data
  }

  /// Makes the folder of the comparison, if there is none, and locks it.
  /// - Returns: the lock on rank 0, nil on others.
  private func lockOutput() throws -> JobLock? {
    try communicator.onEveryRank {
      guard communicator.isRoot else { return nil }
      do {
        try FileManager.default.createDirectory(
          atPath: options.output, withIntermediateDirectories: true)
      } catch {
        throw TrainingError.unwritable(options.output, because: error)
      }
      let lock = try JobLock(on: options.output, ofJobThat: "compares models in")
      lock.warning.map(Terminal.say)
      return lock
    }
  }

  /// Returns under which conditions the folder was begun, which are those of this comparison.
  private func conditions(with data: PortraitData) throws -> StoredComparison {
    let conditions = StoredComparison(
      options, features: features, machine: machine, dataDigest: data.digest,
      rankCount: communicator.size)
    return try fromRoot { try conditions.continued(in: options.output) }
  }

  /// Returns all runs: every model with the first seed, then with the next, so that each model has
  /// a result as soon as can be.
  private func plannedRuns(under stored: StoredComparison) throws -> [PlannedRun] {
    var stored = stored
    if case .minutes(let minutes) = options.budget {
      for model in options.models where stored.measuredImages[model.rawValue] == nil {
        say("measuring how many images \(model.rawValue) is shown in \(durationText(minutes * 60))")
        stored.measuredImages[model.rawValue] = try SpeedMeasurement(
          of: model, options: options, over: communicator, machine: machine,
          stopIfAsked: stopIfAsked
        ).images(in: minutes * 60)
        try onRoot { try stored.write(to: options.output) }
      }
    }
    let plan = try options.seeds.flatMap { seed in
      try options.models.map { model in
        let images =
          switch options.budget {
          case .images(let count): count
          case .minutes: stored.measuredImages[model.rawValue] ?? 0
          }
        return try PlannedRun(of: model, seed: seed, images: images, options: options)
      }
    }
    for run in plan { try stored.keep(recipe: run.recipe, of: run.model, in: options.output) }
    try onRoot { try stored.write(to: options.output) }
    return plan
  }

  /// Returns what the runs will take, if that is known: each takes a given time, or as long as its
  /// model has taken.
  private func secondsLeft(of runs: [PlannedRun], after outcomes: [RunOutcome?]) -> Double? {
    let results = outcomes.compactMap(\.?.result)
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

  private func onRoot(_ work: () throws -> Void) throws {
    try communicator.onEveryRank { if communicator.isRoot { try work() } }
  }

  /// Returns what rank 0 finds, on every rank.
  private func fromRoot<Value: Codable>(_ find: () throws -> Value) throws -> Value {
    let found = try communicator.onEveryRank { communicator.isRoot ? [try find()] : [] }
    return try communicator.broadcast(found)[0]
  }

  /// Returns the value that rank 0 has kept in a file, or else finds it and keeps it.
  private func kept<Value: Codable>(
    in path: String, otherwise find: () throws -> Value
  ) throws -> Value {
    if let value: Value = try fromRoot({ try JSONFile.read(path) }) { return value }
    let value = try find()
    try onRoot { try JSONFile.write(value, to: path) }
    return value
  }
}
