import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("trained again, or unobserved")
  struct RepetitionTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    @Test("makes the same checkpoint with any number of threads, and another from another seed")
    func sameCheckpoint() throws {
      // The output path is part of a checkpoint, so all runs have the same one in turn.
      let runs = [
        ("one", ["--threads", "1"]), ("three", ["--threads", "3"]), ("other", ["--seed", "2"]),
      ]
      let checkpoints = try runs.map { name, options in
        let outcome = try program.train(into: "run", steps: 8, options)
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        try program.move("run", to: name)
        return try program.checkpoint(of: name, step: 8)
      }
      #expect(checkpoints[0] == checkpoints[1])
      #expect(checkpoints[0] != checkpoints[2])
    }

    @Test("goes on when the reader of its output goes away", arguments: [1, 2])
    func closedOutput(ranks: Int) throws {
      let steps = 20
      // The exit code is that of the program, though head is the last to be started.
      let script = #""$@" 2>"$FOLDER/errors" | head -n 1; exit "${PIPESTATUS[0]}""#
      let launcher =
        ranks == 1
        ? [] : [try #require(MPIRun.path), "--map-by", "slot:OVERSUBSCRIBE", "-np", "\(ranks)"]
      let outcome = try MPIRun.run(
        URL(fileURLWithPath: "/bin/bash"),
        ["-c", script, "bash"] + launcher + [Program.executable.path] + Program.small
          + ["--steps", "\(steps)", "--output", program.path("run")],
        environment: [
          "FOLDER": program.path(""), "OMPI_ALLOW_RUN_AS_ROOT": "1",
          "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
        ], timeout: 120)
      let errors = try String(contentsOfFile: program.path("errors"), encoding: .utf8)
      #expect(outcome.exitCode == 0 && !outcome.hasTimedOut, "\(errors)")
      #expect(outcome.standardOutput.split(separator: "\n").count == 1)
      #expect(try !program.checkpoint(of: "run", step: steps).isEmpty)
      #expect(program.records(of: "run").map(\.step) == Array(1...steps))
    }
  }
}
