import Collectives
import Foundation
import GANs
import Pictures
import Portraits
import Tensors
import Wording

/// Trains one run, from the data to the last checkpoint, as one of its ranks.
public final class Trainer {
  private let configuration: TrainingConfiguration
  private let communicator: any Communicator
  private let machine: Machine
  private let milestones: Milestones
  private let run: RunDirectory
  /// Rank 0's claim to the run directory.
  private var claim: RunClaim?

  public init(
    _ configuration: TrainingConfiguration, communicator: any Communicator, machine: Machine,
    milestones: Milestones = .init(after: []) { _, _ in }
  ) {
    self.configuration = configuration
    self.communicator = communicator
    self.machine = machine
    self.milestones = milestones
    run = RunDirectory(path: configuration.output.path)
  }

  /// Trains until the last step or until any rank is asked to stop.
  ///
  /// Every rank calls this. Errors of one rank at start-up are thrown by all.
  public func train(resuming resume: Resume) throws -> Outcome {
    do {
      let outcome = try trainClaimed(resuming: resume)
      claim?.end(exitCode: outcome.exitCode)
      return outcome
    } catch {
      claim?.end(exitCode: TrainingError.Kind(of: error).rawValue)
      throw error
    }
  }

  private func trainClaimed(resuming resume: Resume) throws -> Outcome {
    StopSignal.listen()
    communicator.activity = "reading the options"
    try communicator.verifySameOptions([configuration, resume, machine.exchange])
    // Decoding may take an hour: what can be known to be wrong before is said before.
    var named: (checkpoint: Checkpoint, passedOver: [String])?
    let gan = try communicator.onEveryRank {
      try configuration.validate(rankCount: communicator.size)
      let gan = try configuration.makeGAN()
      if communicator.isRoot {
        if case .from(let path) = resume { named = try Checkpoint.open(path) }
        // A run that this job does not continue is none of its business, not even its exit code.
        let isNewRun =
          resume == .never || named.map { !run.checkpoints.holds($0.checkpoint.path) } ?? false
        if isNewRun { try run.requireEmpty() }
        // A folder is made only when it is known that there is something to train on.
        if run.exists {
          claim = try RunClaim(run, forNewRun: isNewRun)
        } else {
          try run.requirePlace()
        }
      }
      return gan
    }
    communicator.activity = "opening the data"
    let data = try PortraitData.open(
      for: configuration, imageSize: gan.imageSize, threads: machine.threads,
      until: machine.deadline, over: communicator)

    let state = TrainingState(
      gan: gan, seed: configuration.seed,
      averageHalfLife: configuration.optimization.averageHalfLife)
    let schedule = TrainingSchedule(
      of: gan.recipe, batchSize: configuration.optimization.batchSize)
    let totalSteps = configuration.totalSteps(imageCount: data.source.count, by: schedule)
    let start = try communicator.onEveryRank {
      communicator.isRoot
        ? try prepareRun(state, data, resuming: resume, from: named, totalSteps: totalSteps)
        : Start()
    }
    named = nil  // training needs its memory
    try state.broadcast(over: communicator)
    let hosts = try communicator.allGather(communicator.hostName)
    let compute = try communicator.allGather(
      "\(machine.threads) a rank, OpenBLAS kernels for \(LinearAlgebraLibrary.coreType)")
    if communicator.isRoot {
      let report = StartupReport(
        configuration: configuration, gan: gan, data: data, hosts: hosts, compute: compute,
        schedule: schedule, totalSteps: totalSteps, startingAfter: state.step)
      Terminal.say("\(report)")
      data.skipped.forEach { Terminal.say($0) }
      start.notes.forEach { Terminal.say($0) }
    }
    return try loop(
      state, data, schedule, totalSteps: totalSteps, continuing: start.checkpoint)
  }

  /// What rank 0 found when it made the run directory ready.
  private struct Start {
    /// What people should know.
    var notes: [String] = []
    /// The file of the checkpoint that the run goes on from.
    var checkpoint: String?
  }

  /// Makes the run directory ready and restores the checkpoint that the run starts from.
  /// - Parameter named: the checkpoint that `resume` names, if it does.
  private func prepareRun(
    _ state: TrainingState, _ data: PortraitData, resuming resume: Resume,
    from named: (checkpoint: Checkpoint, passedOver: [String])?, totalSteps: Int
  ) throws -> Start {
    var notes: [String] = []
    var checkpoint = named?.checkpoint
    switch resume {
    case .never: break
    case .newest:
      // There may have been no such folder when the job began, and a run in it now.
      if claim == nil { claim = try RunClaim(run, forNewRun: false) }
      if let newest = try run.checkpoints.newest() {
        checkpoint = newest.checkpoint
        notes += newest.passedOver.map { "passed over: \($0)" }
      } else {
        notes.append("there is no checkpoint in \(run.path) yet; starting anew")
      }
    case .from:
      notes += named?.passedOver.map { "passed over: \($0)" } ?? []
      if let named = checkpoint, let last = try run.checkpoints.steps().last, last > named.step {
        throw TrainingError(
          .usage,
          "\(run.path) has come to step \(last), beyond step \(named.step) of the checkpoint; continue "
            + "it with --resume auto, or choose another --output")
      }
    }
    if let checkpoint {
      try checkpoint.restore(state, continuing: configuration)
      notes.append("continuing after step \(checkpoint.step)")
      configuration.changes(since: checkpoint.configuration).map { notes.append($0) }
      if checkpoint.dataDigest != data.digest {
        notes.append(
          "warning: these are not the images that the checkpoint was trained on; training goes on "
            + "with them")
      }
    }
    guard state.step <= totalSteps else {
      throw TrainingError(
        .usage,
        "the run has already come to step \(state.step), and --steps or --epochs ask for "
          + "\(totalSteps); raise them to train on")
    }
    if claim == nil {
      // There was no such folder; if there is a run in it now, another job was quicker.
      claim = try RunClaim(run, forNewRun: true)
    }
    claim?.warning.map { notes.append($0) }
    try run.prepare(
      for: configuration.optionValues + machine.optionValues)
    if resume == .newest, let checkpoint {
      // The last job may have died after it had written one and before it removed another.
      run.checkpoints.removeOld(
        before: checkpoint.step, keepingNewest: configuration.output.keepCheckpoints,
        keepingEvery: configuration.output.keepEvery)
    }
    do {
      try writeReals(data, of: state.gan)
    } catch {
      notes.append("warning: \(error)")
    }
    return Start(notes: notes, checkpoint: checkpoint?.path)
  }

  private func loop(
    _ state: TrainingState, _ data: PortraitData, _ schedule: TrainingSchedule, totalSteps: Int,
    continuing checkpoint: String?
  ) throws -> Outcome {
    let options = configuration.optimization
    let loader = PortraitLoader(
      source: data.source,
      sampler: Sampler(
        count: data.source.count, globalBatch: options.batchSize, seed: configuration.seed),
      augmentation: configuration.data.augmentation, seed: configuration.seed,
      pixelRange: state.gan.recipe.pixelRange, rank: communicator.rank, size: communicator.size,
      startingAtStep: schedule.discriminatorUpdates(in: state.step).lowerBound)
    defer { loader.stop() }
    let trainingStep = TrainingStep(
      state: state, communicator: communicator, batchSize: options.batchSize,
      seed: configuration.seed, synchronizesBatchStatistics: options.synchronizesBatchStatistics,
      exchange: machine.exchange)
    let observer = try communicator.onEveryRank {
      communicator.isRoot
        ? try RunObserver(
          run, configuration, gan: state.gan, imageCount: data.source.count,
          totalSteps: totalSteps, startingAfter: state.step, schedule: schedule) : nil
    }
    defer { observer?.endLine() }
    let keeper = CheckpointKeeper(
      run.checkpoints, of: configuration, dataDigest: data.digest, continuingAfter: state.step,
      newestGood: checkpoint, over: communicator
    ) { observer?.say($0) }
    observer?.writeSamples(of: state)
    try passMilestone(state, schedule, observer)

    while state.step < totalSteps {
      let start = ContinuousClock.now
      trainingStep.timings = .init()
      let report = try trainingStep(stopRequested: asksToStop) {
        let batch = loader.next()
        return .init(batch.images, samples: batch.samples.map { UInt32($0.indexInBatch) })
      }
      if report.skippedNetworks.isEmpty {
        observer?.record(
          report, of: state, timings: trainingStep.timings,
          seconds: (ContinuousClock.now - start) / .seconds(1))
      } else {
        state.skippedSteps += 1
        let policy = options.divergencePolicy
        guard policy == .skip, state.skippedSteps <= options.skipsAllowed else {
          throw Divergence.error(of: state, report, policy: policy, lastGood: keeper.newestGood)
        }
        observer?.recordSkip(of: report, state)
      }

      let isLast = state.step == totalSteps || report.isStopRequested
      let isMilestone = milestones.steps.contains(state.step)
      let samplesAreDue =
        isLast || isMilestone || state.step.isMultiple(ofInterval: configuration.output.sampleEvery)
      let checkpointIsDue =
        isLast || isMilestone || keeper.isRetryDue(after: state.step)
        || state.step.isMultiple(ofInterval: configuration.output.checkpointEvery)
      if samplesAreDue || checkpointIsDue {
        communicator.activity = "step \(state.step), batch statistics of the average"
        try state.measureAverageStatistics(
          seed: configuration.seed, growth: schedule.growth(in: state.step), over: communicator)
      }
      // Who is asked to stop has little time: what is needed to go on comes first.
      if checkpointIsDue { try save(state, by: keeper, observer, isLast: isLast) }
      if samplesAreDue { observer?.writeSamples(of: state) }
      if report.isStopRequested && state.step < totalSteps {
        let why = machine.deadline?.isOver == true ? ", since --time-limit is over" : ""
        observer?.say("stopped after step \(state.step)\(why)")
        return .stopped
      }
      try passMilestone(state, schedule, observer)
    }
    observer?.say(
      "finished \(state.step.counted("step")); see \(run.lossChart) and \(run.sampleGrid(step: state.step))"
    )
    return .finished
  }

  /// Whether this rank wants all ranks to stop after the step.
  private var asksToStop: Bool {
    // Clocks differ; that of rank 0, which can say so, counts.
    StopSignal.isRaised || communicator.isRoot && machine.deadline?.isOver == true
  }

  /// Does what is to be done after this step, if anything.
  private func passMilestone(
    _ state: TrainingState, _ schedule: TrainingSchedule, _ observer: RunObserver?
  ) throws {
    guard milestones.steps.contains(state.step) else { return }
    observer?.endLine()
    try milestones.action(
      state.step,
      ImageGenerator(
        gan: state.gan, state: state.average.state, growth: schedule.growth(in: state.step)))
  }

  /// Writes a checkpoint once all replicas are known to be equal and sound.
  private func save(
    _ state: TrainingState, by keeper: CheckpointKeeper, _ observer: RunObserver?, isLast: Bool
  ) throws {
    try state.verifyReplicas(over: communicator)
    guard state.isFinite else {
      throw Divergence.error(
        at: state.step, "weights that are not finite", lastGood: keeper.newestGood)
    }
    communicator.activity = "step \(state.step), putting the log on disk"
    observer?.putLogOnDisk()
    try isLast ? keeper.saveLast(state) : keeper.save(state)
  }

  /// Draws the first real images in the order of training, cropped and scaled.
  private func writeReals(_ data: PortraitData, of gan: GAN) throws {
    var sampler = Sampler(
      count: data.source.count, globalBatch: configuration.output.sampleCount,
      seed: configuration.seed)
    let pictures = sampler.samples(step: 0, rank: 0, of: 1).map { sample in
      data.source.withPixels(of: sample.imageIndex) {
        Picture(width: gan.imageSize, height: gan.imageSize, pixels: Array($0))
      }
    }
    try PictureGrid(holding: pictures.count).tiling(pictures).writePNG(to: run.reals)
  }
}

extension Int {
  /// Whether something that happens every `interval` times happens now; 0 is never.
  fileprivate func isMultiple(ofInterval interval: Int) -> Bool {
    interval > 0 && isMultiple(of: interval)
  }
}
