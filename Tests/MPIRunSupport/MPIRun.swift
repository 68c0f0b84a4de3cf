import Foundation

/// Runs a built program under mpirun, for tests.
public enum MPIRun {
  /// What a run left behind.
  public struct Outcome: Sendable {
    /// mpirun's exit code, or 128 plus the signal that ended it.
    public var exitCode: Int32
    public var standardOutput: String
    public var standardError: String
    /// Whether the run had to be ended because its time was over.
    public var hasTimedOut: Bool
  }

  /// The path of mpirun; `nil` where it is not installed.
  public static let path: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").map { "\($0)/mpirun" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Whether tests may skip their multi-process part: mpirun is absent, and this is no CI machine.
  public static let isAbsent =
    path == nil && ProcessInfo.processInfo.environment["CI"] == nil

  /// How many times longer than usual tests are patient, as programs under a sanitizer are that
  /// much slower: what GAN_DIST_TEST_PATIENCE says, or 1.
  public static let patience =
    ProcessInfo.processInfo.environment["GAN_DIST_TEST_PATIENCE"].flatMap(Double.init) ?? 1

  /// Where the build put the program `name`: beside the test bundle.
  public static func executable(named name: String) -> URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent(name)
  }

  /// Runs `executable` as a job of `ranks` processes on this machine, and waits for its end.
  ///
  /// - Parameters:
  ///   - ranks: The number of processes, which may exceed the number of cores.
  ///   - executable: The program.
  ///   - arguments: The program's arguments.
  ///   - environment: Variables to add to this process's own; what an enclosing MPI or Slurm job
  ///     has set is not passed on.
  ///   - timeout: After as many seconds, times ``patience``, the job is ended.
  ///   - meanwhile: Called with the process identifier of mpirun once it runs; the timeout begins
  ///     when it returns.
  public static func run(
    ranks: Int, executable: URL, arguments: [String] = [], environment: [String: String] = [:],
    timeout: TimeInterval = 60, meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> Outcome {
    guard let path else { throw MissingMPIRun() }
    // Run as root as containers do, with more ranks than cores where need be; ranks that wait
    // yield to those that work.
    var variables = [
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      "OMPI_MCA_mpi_yield_when_idle": "1", "OPENBLAS_NUM_THREADS": "1",
    ]
    variables.merge(environment) { $1 }
    return try run(
      URL(fileURLWithPath: path),
      ["--map-by", "slot:OVERSUBSCRIBE", "--bind-to", "none", "-np", "\(ranks)", executable.path]
        + arguments,
      environment: variables, timeout: timeout, meanwhile: meanwhile)
  }

  /// Runs `program` without mpirun, in the same environment, and waits for its end.
  public static func run(
    _ program: URL, _ arguments: [String], environment: [String: String] = [:],
    timeout: TimeInterval = 60, meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> Outcome {
    // Files, not pipes: nothing has to be drained, and an orphan that keeps one open delays nobody.
    let output = try TemporaryFile()
    let errors = try TemporaryFile()
    defer {
      output.remove()
      errors.remove()
    }
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = withoutLaunchers(ProcessInfo.processInfo.environment)
      .merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output.handle
    process.standardError = errors.handle
    let ended = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in ended.signal() }
    try withoutBlockedSignals { try process.run() }
    meanwhile(process.processIdentifier)
    let hasTimedOut = ended.wait(timeout: .now() + timeout * patience) == .timedOut
    if hasTimedOut { end(process, ended) }
    return Outcome(
      exitCode: exitCode(of: process), standardOutput: output.contents,
      standardError: errors.contents, hasTimedOut: hasTimedOut)
  }

  /// The threads that tests run on block signals, and a new process inherits that; started from a
  /// shell it would hear them.
  private static func withoutBlockedSignals(_ body: () throws -> Void) rethrows {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try body()
  }

  /// mpirun needs some seconds to end its ranks in good order; then it is killed, and they with it.
  private static func end(_ process: Process, _ ended: DispatchSemaphore) {
    process.terminate()
    if ended.wait(timeout: .now() + 8) == .timedOut {
      kill(process.processIdentifier, SIGKILL)
      _ = ended.wait(timeout: .now() + 8)
    }
  }

  /// Foundation hears of an end only when those have ended, too, that the process has left behind.
  private static func exitCode(of process: Process) -> Int32 {
    if process.isRunning { return 128 + SIGKILL }
    let code = process.terminationStatus
    return process.terminationReason == .uncaughtSignal ? 128 + code : code
  }

  private static func withoutLaunchers(_ environment: [String: String]) -> [String: String] {
    environment.filter { name, _ in
      !["OMPI_", "PMIX_", "PMI_", "PRTE_", "SLURM_"].contains { name.hasPrefix($0) }
    }
  }

  private struct MissingMPIRun: Error, CustomStringConvertible {
    var description: String { "mpirun was not found on PATH; install openmpi-bin" }
  }
}

private struct TemporaryFile {
  let url: URL
  let handle: FileHandle

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("mpirun-\(UUID().uuidString)")
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
  }

  var contents: String {
    String(decoding: (try? Data(contentsOf: url)) ?? Data(), as: UTF8.self)
  }

  func remove() {
    try? handle.close()
    try? FileManager.default.removeItem(at: url)
  }
}
