import Foundation

/// Kills training jobs at random, and starts them again, until they have died as often as asked.
struct Campaign {
  struct Options {
    var program: String
    var folder: String
    var kills: Int
    var ranks: [Int]
    var steps: Int
    var checkpointInterval: Int
    /// A job that is not over so many seconds after a death is a failure.
    var patience: Double
  }

  /// After as many a campaign ends early.
  private static let failuresEndured = 20

  private let options: Options
  private var random: SeededGenerator
  private(set) var tally: Tally
  /// The seconds that an undisturbed run takes, by its number of ranks.
  private var durations: [Int: Double] = [:]

  init(_ options: Options, seed: UInt64) {
    self.options = options
    random = SeededGenerator(state: seed)
    tally = Tally(seed: seed)
  }

  /// - Throws: an error of the file system, or if a job cannot be started; what the program does
  ///   wrong goes into the tally.
  mutating func run() throws {
    for ranks in options.ranks { try trainUndisturbed(ranks) }
    var round = 0
    while tally.kills.count < options.kills && tally.failures.count < Self.failuresEndured {
      try trainDisturbed(options.ranks[round % options.ranks.count])
      round += 1
    }
  }

  private func setup(_ ranks: Int) -> TrainingJob.Setup {
    .init(
      program: options.program, run: RunFolder(path: "\(options.folder)/np\(ranks)"), ranks: ranks,
      steps: options.steps, checkpointInterval: options.checkpointInterval)
  }

  private func reference(_ ranks: Int) -> RunFolder {
    RunFolder(path: "\(options.folder)/np\(ranks)-undisturbed")
  }

  private mutating func trainUndisturbed(_ ranks: Int) throws {
    let setup = setup(ranks)
    try setup.run.remove()
    let job = try TrainingJob(setup)
    let left = job.waitForEnd(atMost: 600)
    guard left.isEmpty, job.exitCode == 0 else {
      throw CampaignError(
        description: "the undisturbed run on \(ranks) ranks failed: \(job.output)")
    }
    durations[ranks] = job.age
    // The path of a run is part of its checkpoints, so all have the same in turn.
    try setup.run.move(to: reference(ranks))
  }

  /// Trains from the first step to the last, with a death every now and then.
  private mutating func trainDisturbed(_ ranks: Int) throws {
    let setup = setup(ranks)
    try setup.run.remove()
    tally.runs += 1
    while true {
      let job = try TrainingJob(setup)
      let death = tally.kills.count < options.kills ? kill(job) : nil
      let left = job.waitForEnd(atMost: death == nil ? 600 : options.patience)
      checkResumption(of: job)
      if let death { tally.add(describe(death, of: job)) }
      end(left, of: job)
      job.removeSharedMemory()
      guard death == nil else { continue }
      if job.exitCode == 0 {
        compareWithUndisturbed(job)
      } else {
        tally.fail("a job that was not killed ended with \(job.exitCode)", job)
      }
      return
    }
  }

  private struct Death {
    let victim: Kill.Victim
    let signal: Int32
    let instant: ContinuousClock.Instant
    let wasSaving: Bool
  }

  /// Kills the job at a random moment.
  /// - Returns: nil if it was over before.
  private mutating func kill(_ job: TrainingJob) -> Death? {
    let signal = Int.random(in: 0..<8, using: &random) == 0 ? SIGSEGV : SIGKILL
    guard let processes = waitForMoment(of: job) else { return nil }
    let (victim, targets) = chooseVictim(of: processes)
    let wasSaving = job.isSaving
    let instant = ContinuousClock.now
    guard targets.map({ Glibc.kill($0, signal) }).contains(0) else { return nil }
    if signal == SIGSEGV {
      // Open MPI reports the first; a process that really errs meets a second one at once.
      for _ in 0..<20 where !job.isOver {
        usleep(10_000)
        targets.forEach { Glibc.kill($0, signal) }
      }
    }
    return Death(victim: victim, signal: signal, instant: instant, wasSaving: wasSaving)
  }

  /// Waits for a random moment of the whole run, or for one while a checkpoint is written.
  /// - Returns: the job's processes; nil if it is over before.
  private mutating func waitForMoment(of job: TrainingJob) -> JobProcesses? {
    var processes = job.processes
    if Bool.random(using: &random) {
      let moment = Double.random(in: 0..<durations[job.setup.ranks, default: 0], using: &random)
      while job.age < moment && !job.isOver { usleep(500) }
      processes = job.processes
    } else {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        while job.isSaving && !job.isOver { usleep(200) }
        // Looked for now, as a checkpoint is soon written.
        processes = job.processes
        while !job.isSaving && !job.isOver { usleep(200) }
      }
      usleep(UInt32.random(in: 0..<10_000, using: &random))
    }
    return job.isOver ? nil : processes
  }

  private mutating func chooseVictim(of processes: JobProcesses) -> (Kill.Victim, [pid_t]) {
    var choices = processes.ranks.sorted { $0.key < $1.key }.map { (Kill.Victim.rank($0), [$1]) }
    if let launcher = processes.launcher {
      choices += [(.launcher, [launcher]), (.everybody, processes.all)]
    }
    return choices.randomElement(using: &random) ?? (.everybody, processes.all)
  }

  private func describe(_ death: Death, of job: TrainingJob) -> Kill {
    Kill(
      ranks: job.setup.ranks, victim: death.victim, signal: death.signal,
      phase: death.wasSaving ? .saving : job.phase,
      secondsToEnd: (job.end - death.instant) / .seconds(1), exitCode: job.exitCode,
      isRankNamed: job.names(death.victim), leftUnfinishedFile: job.isSaving,
      stepsDone: job.setup.run.lastLoggedStep)
  }

  /// Checks that the job went on where it should have: after the newest checkpoint, which is not
  /// older than the interval.
  private mutating func checkResumption(of job: TrainingJob) {
    guard let step = job.stepResumed else { return }
    if job.output.contains("passed over: ") { tally.fail("a checkpoint was not whole", job) }
    guard let stepsDone = tally.noteResumption(after: step, ranks: job.setup.ranks) else { return }
    let interval = job.setup.checkpointInterval
    // The log comes to the next step only when the checkpoint before it is safe.
    let expected = max(0, stepsDone - 1) / interval * interval
    if step < expected {
      tally.fail("\(stepsDone) steps were done, but the next job went on after \(step)", job)
    }
  }

  /// Expects the same files with the same contents, but for times and what is drawn of them, and
  /// for the sample grids that a job begins with.
  private mutating func compareWithUndisturbed(_ job: TrainingJob) {
    let (run, reference) = (job.setup.run, reference(job.setup.ranks))
    let last = RunFolder.checkpoint(after: job.setup.steps)
    for file in reference.files.filter(RunFolder.isSampleGrid).union([last])
    where run.contents(of: file) != reference.contents(of: file) || run.contents(of: file).isEmpty {
      tally.fail("\(file) is not that of the undisturbed run", job)
    }
    if run.log != reference.log { tally.fail("the log is not that of the undisturbed run", job) }
    let additions = run.files.subtracting(reference.files).filter { !RunFolder.isSampleGrid($0) }
    if !additions.isEmpty {
      tally.fail("files were left behind: \(additions.sorted().joined(separator: ", "))", job)
    }
  }

  /// Ends what the job has left running.
  private mutating func end(_ left: [pid_t], of job: TrainingJob) {
    guard !left.isEmpty else { return }
    tally.fail("\(left.count) processes were left running", job)
    left.forEach { Glibc.kill($0, SIGKILL) }
    _ = job.waitForEnd(atMost: 10)
  }
}

struct CampaignError: Error, CustomStringConvertible {
  let description: String
}

/// Numbers that follow from a seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension TrainingJob {
  /// The step that the job said it goes on after; nil if it has not come to that.
  fileprivate var stepResumed: Int? {
    let output = output
    if output.contains("starting anew") { return 0 }
    return output.firstMatch(of: #/continuing after step (\d+)\n/#).flatMap { Int($0.1) }
  }

  /// Whether the job's last words name the rank that died, and its host.
  fileprivate func names(_ victim: Kill.Victim) -> Bool {
    guard case .rank(let rank) = victim else { return false }
    let host = ProcessInfo.processInfo.hostName
    return output.split(separator: "\n").contains {
      $0.contains("rank \(rank)") && $0.contains(host)
    }
  }
}
