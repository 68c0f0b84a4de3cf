import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("interrupted and resumed")
  struct InterruptionTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    private static let steps = 60

    @Test(
      "ends with the checkpoint of a run that was never interrupted, bit for bit",
      arguments: [(1, SIGTERM), (1, SIGINT), (2, SIGUSR1)])
    func sameCheckpoint(ranks: Int, signal: Int32) throws {
      // The output path is part of a checkpoint, so both runs have the same one in turn.
      let whole = try program.train(ranks: ranks, into: "run", steps: Self.steps)
      try #require(whole.exitCode == 0, "\(whole.standardError)")
      try program.move("run", to: "whole")

      let stepsDone = try interrupt(ranks: ranks, by: signal)
      #expect((1..<Self.steps).contains(stepsDone))
      let resumed = try program.train(
        ranks: ranks, into: "run", steps: Self.steps, ["--resume", "auto"])
      #expect(resumed.exitCode == 0, "\(resumed.standardError)")
      #expect(resumed.standardOutput.contains("continuing after step \(stepsDone)\n"))

      #expect(
        try program.checkpoint(of: "run", step: Self.steps)
          == program.checkpoint(of: "whole", step: Self.steps))
      expectSameLosses(
        program.records(of: "run"), program.records(of: "whole"), tolerance: 0)
    }

    /// Stops a run at a random step, and returns how many it has done.
    private func interrupt(ranks: Int, by signal: Int32) throws -> Int {
      // On a busy machine a run may end before the signal comes; then another is made.
      for _ in 1...5 {
        let stepsToWaitFor = Int.random(in: 1...10)
        let outcome = try program.train(ranks: ranks, into: "run", steps: Self.steps) { process in
          program.wait { program.records(of: "run").count >= stepsToWaitFor }
          kill(process, signal)
        }
        if outcome.exitCode == 0 {
          try program.move("run", to: "too quick \(UUID())")
          continue
        }
        #expect(outcome.exitCode == 75, "\(outcome.standardError)")
        let stepsDone = program.records(of: "run").count
        #expect(outcome.standardOutput.contains("stopped after step \(stepsDone)"))
        return stepsDone
      }
      Issue.record("every run ended before it could be interrupted")
      return 0
    }

    @Test(
      "ends at once on a second SIGINT, though it has not saved yet",
      .enabled(if: Program.prlimit != nil, "needs prlimit"))
    func secondInterrupt() throws {
      // No checkpoint is as small as this, so that it tries to save for seconds, and says so.
      let words = program.path("words")
      let limit = [
        "/bin/sh", "-c", #"exec "$@" >"$0""#, words, Program.prlimit ?? "", "--fsize=300000",
      ]
      func hasSaid(_ sentence: String) -> Bool {
        (try? String(contentsOfFile: words, encoding: .utf8))?.contains(sentence) ?? false
      }
      let outcome = try program.train(into: "run", steps: 1_000_000_000, under: limit) { process in
        program.wait { !program.records(of: "run").isEmpty }
        kill(process, SIGINT)
        // The first one asks it to save.
        program.wait { hasSaid("; trying again in ") }
        kill(process, SIGINT)
      }
      #expect(outcome.exitCode == 128 + SIGINT, "\(outcome.standardError)")
      #expect(program.exitCode(of: "run") == nil)
    }

    @Test("saves before it draws, which can wait where time is short")
    func savesFirst() throws {
      let outcome = try program.train(into: "run", steps: 2)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      func isOlder(_ file: String, than other: String) throws -> Bool {
        var (first, second) = (stat(), stat())
        try #require(stat(file, &first) == 0 && stat(other, &second) == 0)
        return (first.st_mtim.tv_sec, first.st_mtim.tv_nsec)
          < (second.st_mtim.tv_sec, second.st_mtim.tv_nsec)
      }
      let checkpoint = program.checkpointFile(of: "run", step: 2)
      #expect(try isOlder(checkpoint, than: program.path("run/samples/000002.png")))
      #expect(try isOlder(checkpoint, than: program.path("run/losses.png")))
    }

    @Test("takes the newest checkpoint that is whole, and says which it passed over")
    func damagedNewest() throws {
      let first = try program.train(
        into: "run", steps: 6, ["--checkpoint-every", "3"])
      try #require(first.exitCode == 0, "\(first.standardError)")
      let newest = program.checkpointFile(of: "run", step: 6)
      var bytes = try program.checkpoint(of: "run", step: 6)
      bytes[bytes.count / 2] ^= 1
      try bytes.write(to: URL(fileURLWithPath: newest))
      let resumed = try program.train(into: "run", steps: 8, ["--resume", "auto"])
      #expect(resumed.exitCode == 0, "\(resumed.standardError)")
      #expect(resumed.standardOutput.contains("passed over: \(newest)"))
      #expect(resumed.standardOutput.contains("continuing after step 3\n"))
      #expect(program.records(of: "run").map(\.step) == Array(1...8))
    }
  }
}
