import Foundation

/// A training job under way: one process, or those of several ranks under mpirun.
final class TrainingJob {
  /// Sets up the jobs of a campaign.
  struct Setup {
    let program: String
    let run: RunFolder
    let ranks: Int
    let steps: Int
    let checkpointInterval: Int
  }

  let setup: Setup
  /// The last step of the checkpoint that the job found.
  let firstCheckpoint: Int
  private let process = Process()
  private let outputPath: String
  private let unfinishedBefore: Set<String>
  private let start = Date.now
  private let startInstant = ContinuousClock.now
  private let ended = DispatchSemaphore(value: 0)
  private var hasEnded = false
  private var number: UInt32?

  /// Starts a job that goes on from the newest checkpoint of its run.
  init(_ setup: Setup) throws {
    self.setup = setup
    firstCheckpoint = setup.run.newestCheckpoint
    unfinishedBefore = setup.run.unfinishedCheckpoints
    outputPath = setup.run.path + ".output"
    let training = [
      setup.program, "train", "--painted-count", "48", "--image-size", "32", "--feature-maps", "32",
      "--latent-dim", "16", "--batch-size", "16", "--sample-count", "4", "--sample-every",
      "\(3 * setup.checkpointInterval)", "--threads", "1", "--steps", "\(setup.steps)",
      "--checkpoint-every", "\(setup.checkpointInterval)", "--output", setup.run.path,
      "--resume", "auto",
    ]
    let launcher =
      setup.ranks == 1
      ? []
      : ["mpirun", "--map-by", "slot:OVERSUBSCRIBE", "--bind-to", "none", "-np", "\(setup.ranks)"]
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = launcher + training
    process.environment = ProcessInfo.processInfo.environment
      .filter { name, _ in !["OMPI_", "PMIX_", "SLURM_"].contains { name.hasPrefix($0) } }
      .merging([
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        "OMPI_MCA_mpi_yield_when_idle": "1", "OPENBLAS_NUM_THREADS": "1",
        // Swift would look at a crash for seconds, and then go on, as there was none.
        "SWIFT_BACKTRACE": "enable=no",
      ]) { $1 }
    try Data().write(to: URL(fileURLWithPath: outputPath))
    let output = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    let ended = ended
    process.terminationHandler = { _ in ended.signal() }
    try process.run()
  }

  /// What the job has printed so far.
  var output: String {
    String(decoding: FileManager.default.contents(atPath: outputPath) ?? Data(), as: UTF8.self)
  }

  /// Whether mpirun, or the one rank, is there no more.
  var isOver: Bool { waitForEnd(until: .now()) }

  /// Those that the job has now.
  var processes: JobProcesses {
    let processes = JobProcesses(naming: setup.run.path)
    number = processes.jobNumber ?? number
    return processes
  }

  /// The exit code of mpirun or of the one rank; -1 before it is over.
  var exitCode: Int32 {
    guard isOver else { return -1 }
    return process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
  }

  /// When the last process was found gone, or the waiting for that was given up.
  private(set) var end = ContinuousClock.now

  /// The seconds since the job was started.
  var age: Double { (ContinuousClock.now - startInstant) / .seconds(1) }

  /// Whether a checkpoint is being written that was not when the job began.
  var isSaving: Bool {
    !setup.run.unfinishedCheckpoints.subtracting(unfinishedBefore).isEmpty
  }

  /// What the job is at, as far as its files show it.
  var phase: Phase {
    let step = setup.run.lastLoggedStep
    guard step > firstCheckpoint, let logTime = setup.run.logTime, logTime > start else {
      return .starting
    }
    if isSaving || setup.run.isCheckpointUnnamed { return .saving }
    return step == setup.steps ? .finishing : .stepping
  }

  /// Waits until the launcher and all ranks are gone, for at most `seconds`.
  /// - Returns: the processes that are left then.
  func waitForEnd(atMost seconds: Double) -> [pid_t] {
    let deadline = ContinuousClock.now + .seconds(seconds)
    _ = waitForEnd(until: .now() + seconds)
    var left = processes.all
    while !left.isEmpty && ContinuousClock.now < deadline {
      usleep(2000)
      left = processes.all
    }
    end = .now
    return left
  }

  /// Removes the memory that Open MPI lets the ranks of a host share, which it does not where one
  /// has been killed.
  func removeSharedMemory() {
    guard let number else { return }
    let folder = "/dev/shm"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix("vader_segment.") && name.contains(".\(String(number, radix: 16)).") {
      unlink("\(folder)/\(name)")
    }
  }

  private func waitForEnd(until deadline: DispatchTime) -> Bool {
    if !hasEnded { hasEnded = ended.wait(timeout: deadline) == .success }
    return hasEnded
  }
}

/// What a job is at when it is killed.
enum Phase: String, Encodable, CaseIterable {
  /// Before its first step.
  case starting
  case stepping
  /// Writing a checkpoint.
  case saving
  /// After the last step.
  case finishing
}
