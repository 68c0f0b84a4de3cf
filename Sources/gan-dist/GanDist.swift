import ArgumentParser
import Collectives
import Foundation
import Training

/// The program: one subcommand a task.
@main
struct GanDist: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gan-dist",
    abstract: "Trains generative adversarial networks on portraits, data-parallel over MPI.",
    discussion: """
      Start on one process with `gan-dist train`, on several with `mpirun -np 4 gan-dist train`. \
      Exit codes: 0 done, 64 wrong usage, 65 bad data, 69 something needed is missing, 70 a fault \
      of the program, 74 reading or writing failed, 75 stopped after saving (start again with \
      --resume auto).
      """,
    version: "0.1.0",
    subcommands: [Train.self, Generate.self, Prepare.self, Doctor.self])

  static func main() {
    do {
      let arguments = try ConfigurationFile.expand(Array(CommandLine.arguments.dropFirst()))
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      exitForError(error)
    }
  }

  /// Ends this process with the exit code for `error`; of several processes that were started
  /// together only the first says why.
  private static func exitForError(_ error: any Error) -> Never {
    let isFirst = Launch(environment: ProcessInfo.processInfo.environment)?.rank ?? 0 == 0
    let code = exitCode(for: error)
    let isParserMessage = code == .validationFailure || code == .success || error is CleanExit
    if isParserMessage || error is ExitCode {
      guard isFirst else { Foundation.exit(code.rawValue) }
      exit(withError: error)
    }
    if isFirst {
      FileHandle.standardError.write(Data("gan-dist: \(error)\n".utf8))
    }
    Foundation.exit(TrainingError.Kind(of: error).rawValue)
  }
}
