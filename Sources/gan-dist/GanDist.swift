import ArgumentParser
import Collectives
import Foundation
import Training

/// The program: one subcommand a task.
struct GanDist: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gan-dist",
    abstract: "Trains generative adversarial networks on portraits, data-parallel over MPI.",
    discussion: """
      Start on one process with `gan-dist train`, on several with `mpirun -np 4 --bind-to none \
      gan-dist train`, or with launch/local, which chooses how many. Exit codes: 0 done, 64 wrong \
      usage, 65 bad data or diverged training, 69 something needed is missing, 70 a fault of the \
      program, 74 reading or writing failed, 75 stopped, all saved (start again with --resume auto).
      """,
    version: "0.1.0",
    subcommands: [
      Train.self, Generate.self, Evaluate.self, Compare.self, Prepare.self, Doctor.self, Bench.self,
      DrawChart.self,
    ])

  static func main() {
    // A reader of the output that goes away, as head does, is no reason to stop training.
    signal(SIGPIPE, SIG_IGN)
    // A limit on the size of files is met like a full disk, where the file is written.
    signal(SIGXFSZ, SIG_IGN)
    do {
      let arguments = try ConfiguredArguments(Array(CommandLine.arguments.dropFirst()))
      var command = try arguments.parse(as: GanDist.self)
      try command.run()
    } catch {
      exitForError(error)
    }
  }

  /// Ends this process with the exit code for `error`.
  ///
  /// Wrong usage is the same for all processes that were started together, so that only the first
  /// speaks of it. Other errors that come here may be this process's alone.
  private static func exitForError(_ error: any Error) -> Never {
    let launch = Launch(environment: ProcessInfo.processInfo.environment)
    let code = exitCode(for: error)
    let isFromParser = code == .validationFailure || code == .success || error is CleanExit
    guard isFromParser || error is ExitCode else {
      let kind = TrainingError.Kind(of: error)
      if kind != .usage, let rank = launch?.rank {
        report("rank \(rank) on \(ProcessInfo.processInfo.hostName): \(error)")
      } else if launch?.rank ?? 0 == 0 {
        report("\(error)")
      } else {
        leaveTheWordToTheFirst()
      }
      Foundation.exit(kind.rawValue)
    }
    if launch?.rank ?? 0 != 0 {
      if !code.isSuccess { leaveTheWordToTheFirst() }
      Foundation.exit(code.rawValue)
    }
    exit(withError: error)
  }

  /// Gives the first process time to speak: mpirun ends all of them when one ends with an error.
  private static func leaveTheWordToTheFirst() {
    sleep(1)
  }

  /// Throws `TrainingError` if a launcher started several processes of a command that is for one.
  static func requireSingleProcess(for command: String) throws {
    let launch = Launch(environment: ProcessInfo.processInfo.environment)
    guard let size = launch?.size, size > 1 else { return }
    throw TrainingError(
      .usage, "\(command) is the work of one process, not of \(size); start it without mpirun")
  }

  /// Says on standard error what went wrong.
  static func report(_ message: String) {
    printToStandardError("gan-dist: \(message)")
  }
}
