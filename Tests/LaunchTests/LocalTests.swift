import Foundation
import MPIRunSupport
import Testing

@Suite("launch/local", .serialized, .disabled(if: MPIRun.isAbsent, "mpirun is not installed"))
struct LocalTests {
  private let program = FileManager.default.temporaryDirectory
    .appendingPathComponent("stand-in-\(UUID().uuidString)")

  /// Runs two ranks of a stand-in for gan-dist that is written in bash.
  private func run(
    _ script: String, as command: String = "train", meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> MPIRun.Outcome {
    try "#!/bin/bash\n\(script)\n".write(to: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: program.path)
    defer { try? FileManager.default.removeItem(at: program) }
    return try MPIRun.run(
      URL(fileURLWithPath: Repository.launcher("local")), ["-n", "2", "-t", "1", command],
      environment: ["GAN_DIST": program.path], meanwhile: meanwhile)
  }

  @Test("names the rank that was killed, and its host")
  func death() throws {
    // Of one that dies at once mpirun does not always speak.
    let outcome = try run("sleep 1; [ $OMPI_COMM_WORLD_RANK = 0 ] || kill -KILL $$; sleep 30")
    #expect(outcome.exitCode == 137 && !outcome.hasTimedOut)
    #expect(outcome.standardError.contains("mpirun noticed that process rank 1 with PID "))
    #expect(outcome.standardError.contains(" on node \(ProcessInfo.processInfo.hostName)"))
  }

  @Test("hands the exit code on, and what ranks say, without mpirun's words about it")
  func exitCode() throws {
    let script = """
      echo said by $OMPI_COMM_WORLD_RANK >&2
      [ $OMPI_COMM_WORLD_RANK = 0 ] || { printf '%074d\\n' 0 | tr 0 -; echo under a rule; } >&2
      sleep 1; exit 75
      """
    let outcome = try run(script)
    #expect(outcome.exitCode == 75)
    let lines = Set(outcome.standardError.split(separator: "\n").dropFirst().map(String.init))
    let rule = String(repeating: "-", count: 74)
    #expect(lines == ["said by 0", "said by 1", rule, "under a rule"])
  }

  @Test(
    "starts ranks of the commands that are for several, and no others",
    arguments: [("compare", 0), ("evaluate", 0), ("generate", 64)] as [(String, Int32)])
  func commands(command: String, code: Int32) throws {
    let outcome = try run("echo \"$1 by $OMPI_COMM_WORLD_RANK\"", as: command)
    #expect(outcome.exitCode == code)
    let lines = Set(outcome.standardOutput.split(separator: "\n").map(String.init))
    #expect(lines == (code == 0 ? ["\(command) by 0", "\(command) by 1"] : []))
  }

  @Test(
    "makes SIGUSR1 for every rank of Ctrl-C and SIGTERM", arguments: [SIGINT, SIGTERM],
    ["train", "compare"])
  func stop(signal: Int32, command: String) throws {
    let ready = program.path + ".ready"
    defer { for rank in 0...1 { try? FileManager.default.removeItem(atPath: "\(ready)\(rank)") } }
    let script = """
      trap 'echo heard by $OMPI_COMM_WORLD_RANK; exit 75' USR1
      touch "$0.ready$OMPI_COMM_WORLD_RANK"; while :; do sleep 0.05; done
      """
    let outcome = try run(script, as: command) { launcher in
      for _ in 0..<6000 {
        let isReady = (0...1).allSatisfy { FileManager.default.fileExists(atPath: "\(ready)\($0)") }
        if isReady { break }
        usleep(10_000)
      }
      kill(launcher, signal)
    }
    #expect(outcome.exitCode == 75)
    #expect(outcome.standardOutput.contains("heard by "))
    #expect(outcome.standardError.contains("saving after this step"))
  }
}
