import Foundation
import GANs
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("where the disk gives trouble")
  struct DiskTroubleTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    private static let forever = 1_000_000_000

    private func stepsDone(in run: String) -> Int { program.records(of: run).last?.step ?? 0 }

    private func warning(_ outcome: MPIRun.Outcome, of step: Int, in run: String) -> String? {
      outcome.standardOutput.split(separator: "\n").map(String.init).first {
        $0.hasPrefix("warning: \(program.checkpointFile(of: run, step: step)) ")
      }
    }

    /// Every step is in both logs, once.
    private func expectWholeLog(of run: String, first: Int, last: Int) throws {
      #expect(program.records(of: run).map(\.step) == Array(first...last))
      let table = try String(contentsOfFile: program.path("\(run)/losses.csv"), encoding: .utf8)
      #expect(
        table.split(separator: "\n").dropFirst().map { Int($0.prefix { $0 != "," }) }
          == Array(first...last))
    }

    @Test(
      "trains on when the disk is full, and writes what it can when there is room again",
      .enabled(if: SmallDisk.isAvailable, "only root can mount a small file system"))
    func fullDisk() throws {
      let disk = try SmallDisk(at: program.path("disk"), kibibytes: 4096)
      var failed = 0
      let outcome = try program.train(
        into: "disk/run", steps: Self.forever,
        ["--checkpoint-every", "50", "--keep-checkpoints", "1"]
      ) { process in
        defer { kill(process, SIGUSR1) }
        do {
          program.wait { stepsDone(in: "disk/run") > 50 }
          // Room for the log and for half a checkpoint.
          try disk.fill(leaving: 200_000)
          failed = stepsDone(in: "disk/run") / 50 * 50 + 50
          program.wait { stepsDone(in: "disk/run") > failed }
          let good = try Checkpoint.open(program.path("disk/run")).checkpoint.step
          #expect(good >= 50 && good < failed)

          try disk.clear()
          try disk.fill(leaving: 0)
          // Nothing can be seen of a run that has no room for its log.
          usleep(500_000)
          try disk.clear()
          let file = program.checkpointFile(of: "disk/run", step: good)
          program.wait { !FileManager.default.fileExists(atPath: file) }
          #expect(try Checkpoint.open(program.path("disk/run")).checkpoint.step > failed)
        } catch {
          Issue.record(error)
        }
      }
      #expect(outcome.exitCode == 75, "\(outcome.standardError)")
      #expect(program.exitCode(of: "disk/run") == "75")
      let said = try #require(warning(outcome, of: failed, in: "disk/run"))
      #expect(
        said.contains(" cannot be written: no space left on device; training goes on"), "\(said)")
      #expect(said.contains("; the last good checkpoint is "), "\(said)")
      #expect(outcome.standardOutput.contains(" is written: nothing is lost"))
      let last = stepsDone(in: "disk/run")
      #expect(try Checkpoint.open(program.path("disk/run")).checkpoint.step == last)
      try expectWholeLog(of: "disk/run", first: 1, last: last)
    }

    @Test(
      "tries again long before the next checkpoint is due",
      .enabled(if: Program.prlimit != nil, "needs prlimit"))
    func retry() throws {
      let prlimit = try #require(Program.prlimit)
      // A run that has come far, so that its next checkpoint but one is far away.
      let done = 99_999
      var configuration = TrainingConfiguration()
      configuration.architecture = ArchitectureOptions(
        imageSize: 32, latentDimension: 16, featureMaps: 8)
      configuration.optimization.batchSize = 16
      let state = TrainingState(
        gan: try configuration.makeGAN(), seed: 1, averageHalfLife: 10_000)
      state.step = done
      try FileManager.default.createDirectory(
        atPath: program.path("run/checkpoints"), withIntermediateDirectories: true)
      let beginning = program.checkpointFile(of: "run", step: done)
      try Checkpoint.write(state, configuration: configuration, dataDigest: "", to: beginning)

      let outcome = try program.train(
        into: "run", steps: Self.forever,
        ["--resume", "auto", "--checkpoint-every", "\(done + 1)", "--keep-checkpoints", "1"],
        // Enough for logs and charts, less than a checkpoint.
        under: [prlimit, "--fsize=400000:unlimited"]
      ) { process in
        program.wait { stepsDone(in: "run") > done + 1 }
        #expect(FileManager.default.fileExists(atPath: beginning))
        do {
          let raised = try MPIRun.run(
            URL(fileURLWithPath: prlimit), ["--pid", "\(process)", "--fsize=unlimited"])
          #expect(raised.exitCode == 0, "\(raised.standardError)")
        } catch {
          Issue.record(error)
        }
        program.wait { !FileManager.default.fileExists(atPath: beginning) }
        kill(process, SIGUSR1)
      }
      #expect(outcome.exitCode == 75, "\(outcome.standardError)")
      let said = try #require(warning(outcome, of: done + 1, in: "run"))
      #expect(
        said.hasSuffix(
          " cannot be written: file too large; training goes on and tries again in about 5 s; the "
            + "last good checkpoint is \(beginning)"), "\(said)")
      #expect(outcome.standardOutput.contains(" is written: nothing is lost"))
      #expect(stepsDone(in: "run") < 2 * done)
    }

    @Test("names the last good checkpoint when the last one cannot be written", arguments: [1, 2])
    func lastCheckpoint(ranks: Int) throws {
      let steps = 60
      let outcome = try program.train(
        ranks: ranks, into: "run", steps: steps, ["--checkpoint-every", "20"]
      ) { _ in
        program.wait { stepsDone(in: "run") > 0 }
        // A folder that is not empty stands where the file has to go.
        do {
          try program.write("in the way", to: "run/checkpoints/step-0000060.safetensors/file")
        } catch {
          Issue.record(error)
        }
      }
      let good = program.checkpointFile(of: "run", step: 40)
      let bad = program.checkpointFile(of: "run", step: steps)
      expectRefusal(
        outcome, code: 74,
        "\(bad) cannot be written: is a directory; make room, and go on from the last good "
          + "checkpoint, \(good), by --resume auto")
      #expect(program.exitCode(of: "run") == "74")
      for pause in [1, 2, 4] {
        #expect(outcome.standardOutput.contains("; trying again in \(pause) s\n"))
      }
      #expect(try Checkpoint(contentsOf: good).step == 40)

      try FileManager.default.removeItem(atPath: bad)
      let resumed = try program.train(
        ranks: ranks, into: "run", steps: steps, ["--resume", "auto"])
      #expect(resumed.exitCode == 0, "\(resumed.standardError)")
      #expect(resumed.standardOutput.contains("continuing after step 40\n"))
      try expectWholeLog(of: "run", first: 1, last: steps)
    }

    @Test(
      "refuses a run directory on a read-only file system, and names it",
      .enabled(if: SmallDisk.isAvailable, "only root can mount a small file system"),
      arguments: [1, 2])
    func readOnly(ranks: Int) throws {
      let disk = try SmallDisk(at: program.path("disk"), kibibytes: 4096)
      let first = try program.train(into: "disk/run", steps: 2)
      try #require(first.exitCode == 0, "\(first.standardError)")
      try disk.makeReadOnly()
      let before = try program.contents(of: "disk")
      for (run, options) in [("run", ["--resume", "auto"]), ("new", [])] {
        let outcome = try program.train(ranks: ranks, into: "disk/\(run)", steps: 4, options)
        expectRefusal(
          outcome, code: 74,
          "\(program.path("disk/\(run)")) cannot be written (Read-only file system)")
      }
      #expect(try program.contents(of: "disk") == before)
    }

    @Test("trains without pictures and charts where they cannot be written")
    func picturesInTheWay() throws {
      for file in ["losses.png", "losses.svg", "reals.png", "samples/000002.png"] {
        try program.write("in the way", to: "run/\(file)/file")
      }
      let outcome = try program.train(into: "run", steps: 2)
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
      for file in ["losses.png", "reals.png", "samples/000002.png"] {
        #expect(
          outcome.standardOutput.split(separator: "\n").contains {
            $0.hasPrefix("warning: ") && $0.contains(program.path("run/\(file)"))
          }, "\(file) in \(outcome.standardOutput)")
      }
      #expect(try Checkpoint.open(program.path("run")).checkpoint.step == 2)
    }
  }
}
