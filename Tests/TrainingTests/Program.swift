import Foundation
import MPIRunSupport
import Testing
import Training

/// Tests that run the built program; one at a time, since each may use every core.
@Suite(
  "The program", .serialized, .disabled(if: MPIRun.isAbsent, "mpirun is not installed"))
struct ProgramTests {}

/// The built program, with a folder of its own to work in that lasts as long as this does.
final class Program: Sendable {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("training-tests-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  static let executable = MPIRun.executable(named: "gan-dist")

  /// The program that limits what a process may use; nil where there is none.
  static let prlimit = ["/usr/bin/prlimit", "/bin/prlimit"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Runs the program, under mpirun if it is for several ranks.
  /// - Parameters:
  ///   - environment: variables to add to those of this process.
  ///   - wrapper: a command that takes the program and its arguments as its own last ones.
  func run(
    ranks: Int = 1, _ arguments: [String], environment: [String: String] = [:],
    under wrapper: [String] = [], meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> MPIRun.Outcome {
    let environment = ["XDG_CACHE_HOME": path("cache")].merging(environment) { $1 }
    let command = wrapper + [Self.executable.path] + arguments
    let executable = URL(fileURLWithPath: command[0])
    guard ranks > 1 else {
      return try MPIRun.run(
        executable, Array(command.dropFirst()), environment: environment, timeout: 120,
        meanwhile: meanwhile)
    }
    return try MPIRun.run(
      ranks: ranks, executable: executable, arguments: Array(command.dropFirst()),
      environment: environment, timeout: 120, meanwhile: meanwhile)
  }

  /// Trains a model that is small enough to take some milliseconds a step.
  func train(
    ranks: Int = 1, into output: String, steps: Int, _ options: [String] = [],
    environment: [String: String] = [:], under wrapper: [String] = [],
    meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> MPIRun.Outcome {
    try run(
      ranks: ranks, Self.small + ["--steps", "\(steps)", "--output", path(output)] + options,
      environment: environment, under: wrapper, meanwhile: meanwhile)
  }

  /// Waits, while a job runs, until `isReached`; that it is not within a minute, or as many as
  /// tests are patient, is an issue.
  func wait(
    until isReached: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let deadline = Date.now + 60 * MPIRun.patience
    while !isReached() {
      guard Date.now < deadline else {
        Issue.record(
          "waited in vain for \(60 * MPIRun.patience) seconds", sourceLocation: sourceLocation)
        return
      }
      usleep(1000)
    }
  }

  /// Options that make a run small.
  static let small = [
    "train", "--painted-count", "48", "--image-size", "32", "--feature-maps", "8", "--latent-dim",
    "16", "--batch-size", "16", "--sample-count", "4", "--sample-every", "0", "--threads", "1",
  ]

  /// What the run in `output` has logged.
  func records(of output: String) -> [LossRecord] {
    let text = try? String(contentsOfFile: path("\(output)/log.jsonl"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").compactMap {
      try? JSONDecoder().decode(LossRecord.self, from: Data($0.utf8))
    }
  }

  /// Where the checkpoint of the run in `output` after `step` steps lies.
  func checkpointFile(of output: String, step: Int) -> String {
    path(output) + String(format: "/checkpoints/step-%07d.safetensors", step)
  }

  /// The checkpoint of the run in `output` after `step` steps.
  func checkpoint(of output: String, step: Int) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: checkpointFile(of: output, step: step)))
  }

  /// What the run in `output` says that its last job ended with; nil if that has not ended, or was
  /// killed.
  func exitCode(of output: String) -> String? {
    (try? String(contentsOfFile: path("\(output)/exit-code"), encoding: .utf8))?
      .trimmingCharacters(in: .newlines)
  }

  func move(_ name: String, to newName: String) throws {
    try FileManager.default.moveItem(atPath: path(name), toPath: path(newName))
  }

  func write(_ text: String, to name: String) throws {
    let url = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// Every file of a run with its contents, but for the exit code of the last job.
  func runFiles(of output: String) throws -> [String: Data] {
    try contents(of: output).filter { $0.key != "exit-code" }
  }

  /// Every file below `name` with its contents.
  func contents(of name: String) throws -> [String: Data] {
    let root = path(name)
    return try FileManager.default.subpathsOfDirectory(atPath: root).reduce(into: [:]) {
      files, file in files[file] = FileManager.default.contents(atPath: "\(root)/\(file)")
    }
  }
}

/// Expects the losses of two runs to be equal but for the order of summation.
func expectSameLosses(
  _ found: [LossRecord], _ expected: [LossRecord], tolerance: Float = 1e-3,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.map(\.step) == expected.map(\.step), sourceLocation: sourceLocation)
  for (found, expected) in zip(found, expected) {
    for loss in [\LossRecord.discriminatorLoss, \.generatorLoss] {
      #expect(
        abs(found[keyPath: loss] - expected[keyPath: loss]) <= tolerance * expected[keyPath: loss],
        "step \(found.step)", sourceLocation: sourceLocation)
    }
  }
}

/// Expects a run to have ended with `code`, having said `sentence` once.
func expectRefusal(
  _ outcome: MPIRun.Outcome, code: Int32, _ sentence: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(!outcome.hasTimedOut, sourceLocation: sourceLocation)
  #expect(outcome.exitCode == code, sourceLocation: sourceLocation)
  let times = outcome.standardError.components(separatedBy: sentence).count - 1
  #expect(
    times == 1, "said \(times) times: \(outcome.standardError)", sourceLocation: sourceLocation)
}
