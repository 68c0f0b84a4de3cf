import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("as one job of several in a run directory")
  struct RunClaimTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    private static let forever = 1_000_000_000

    /// Waits until the run has done so many steps.
    private func waitForSteps(_ count: Int) {
      program.wait { program.records(of: "run").count >= count }
    }

    /// The process that holds the run, as the lock file names it.
    private func holder() throws -> pid_t {
      let word = try String(contentsOfFile: program.path("run/lock"), encoding: .utf8)
      let parts = word.split(separator: " ")
      #expect(parts.count == 6 && parts[0] == "process", "\(word)")
      #expect(parts[3] == Substring(ProcessInfo.processInfo.hostName), "\(word)")
      return try #require(pid_t(parts[1]))
    }

    @Test(
      "refuses to train where another trains, until that is killed", arguments: [1, 2])
    func secondJob(ranks: Int) throws {
      var holder: pid_t = 0
      let first = try program.train(
        ranks: ranks, into: "run", steps: Self.forever, ["--checkpoint-every", "5"]
      ) { launcher in
        waitForSteps(6)
        do {
          holder = try self.holder()
          let second = try program.train(
            ranks: ranks, into: "run", steps: 20, ["--resume", "auto"])
          expectRefusal(
            second, code: 64,
            "another job trains into \(program.path("run")): process \(holder) on ")
          #expect(try self.holder() == holder)
          #expect(program.exitCode(of: "run") == nil)
        } catch {
          Issue.record(error)
        }
        kill(launcher, SIGKILL)
      }
      #expect(first.exitCode == 128 + SIGKILL)
      #expect(program.exitCode(of: "run") == nil)

      // At once: ranks outlive a killed mpirun for a second or two, and train on.
      let third = try program.train(
        ranks: ranks, into: "run", steps: Self.forever, ["--resume", "auto"]
      ) { launcher in
        func isTaken() -> Bool {
          let word = try? String(contentsOfFile: program.path("run/lock"), encoding: .utf8)
          return word.map { $0.hasSuffix("\n") && !$0.hasPrefix("process \(holder) ") } ?? false
        }
        program.wait(until: isTaken)
        kill(launcher, SIGUSR1)
      }
      #expect(third.exitCode == 75, "\(third.standardError)")
      #expect(third.standardOutput.contains("continuing after step "))
      #expect(program.exitCode(of: "run") == "75")
      #expect(!FileManager.default.fileExists(atPath: program.path("run/lock")))
    }

    @Test("trains without a lock where there can be none, and says so")
    func withoutLocks() throws {
      try program.write("in the way", to: "run/lock/file")
      let outcome = try program.train(into: "run", steps: 1)
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(
        outcome.standardOutput.contains(
          "warning: \(program.path("run")) cannot be locked (Is a directory); see to it that"))
    }

    @Test("removes what a killed job had half written, and nothing else")
    func halfWritten() throws {
      let litter = [
        "checkpoints/.step-0000004.safetensors.1a2b.partial", "samples/.000004.png.1a2b.partial",
        ".losses.png.1a2b.partial", ".losses.svg.1a2b.partial", "checkpoints/.latest.zz9.partial",
        ".log.jsonl.1a2b.partial", ".exit-code.1a2b.partial",
      ]
      let property = [
        "notes.partial", "checkpoints/mine.safetensors.partial", "checkpoints/.hidden",
        "losses.png.1a2b.partial", ".notes.1a2b.partial", ".dat.nosync1a2b.3c4d",
        "samples/.mine.png.1a2b.partial", "checkpoints/.mine.safetensors.1a2b.partial",
      ]
      for file in litter + property { try program.write("half", to: "run/\(file)") }
      let outcome = try program.train(into: "run", steps: 1)
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
      let files = try program.contents(of: "run")
      for file in litter { #expect(files[file] == nil, "\(file)") }
      for file in property { #expect(files[file] == Data("half".utf8), "\(file)") }
    }

    @Test("leaves alone a run that another job made while it prepared one of its own")
    func overtaken() throws {
      let other = try program.train(into: "other", steps: 2)
      try #require(other.exitCode == 0, "\(other.standardError)")
      let before = try program.runFiles(of: "other")
      let outcome = try program.train(into: "run", steps: 2, ["--painted-count", "3000"]) { _ in
        // It paints for longer than this.
        usleep(500_000)
        do {
          try program.move("other", to: "run")
        } catch {
          Issue.record(error)
        }
      }
      expectRefusal(outcome, code: 64, "\(program.path("run")) already holds a run")
      #expect(program.exitCode(of: "run") == "0")
      #expect(try program.runFiles(of: "run") == before)
      #expect(!FileManager.default.fileExists(atPath: program.path("run/lock")))
    }

    @Test("goes on with a run that another job made meanwhile, if it is to go on with any")
    func overtakenButResuming() throws {
      let other = try program.train(into: "other", steps: 2, ["--painted-count", "3000"])
      try #require(other.exitCode == 0, "\(other.standardError)")
      let outcome = try program.train(
        into: "run", steps: 3, ["--painted-count", "3000", "--resume", "auto"]
      ) { _ in
        usleep(500_000)
        do {
          try program.move("other", to: "run")
        } catch {
          Issue.record(error)
        }
      }
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(outcome.standardOutput.contains("continuing after step 2"))
      #expect(program.records(of: "run").map(\.step) == [1, 2, 3])
    }

    @Test("leaves word of how it ended, on any number of ranks", arguments: [1, 2])
    func exitCode(ranks: Int) throws {
      let finished = try program.train(ranks: ranks, into: "run", steps: 2)
      #expect(finished.exitCode == 0, "\(finished.standardError)")
      #expect(program.exitCode(of: "run") == "0")

      // A new run is no business of this one's, which stays as it was.
      let refused = try program.train(ranks: ranks, into: "run", steps: 2)
      #expect(refused.exitCode == 64)
      #expect(program.exitCode(of: "run") == "0")

      let otherModel = try program.train(
        ranks: ranks, into: "run", steps: 4, ["--resume", "auto", "--feature-maps", "4"])
      #expect(otherModel.exitCode == 64, "\(otherModel.standardError)")
      #expect(program.exitCode(of: "run") == "64")

      let noData = try program.train(
        ranks: ranks, into: "run", steps: 4,
        ["--resume", "auto", "--data", program.path("missing")])
      #expect(noData.exitCode == 65, "\(noData.standardError)")
      #expect(program.exitCode(of: "run") == "65")

      let stopped = try program.train(
        ranks: ranks, into: "run", steps: Self.forever, ["--resume", "auto"]
      ) { launcher in
        waitForSteps(4)
        #expect(program.exitCode(of: "run") == nil, "a job that runs has no exit code")
        kill(launcher, SIGUSR1)
      }
      #expect(stopped.exitCode == 75, "\(stopped.standardError)")
      #expect(program.exitCode(of: "run") == "75")
    }

    @Test("leaves alone what a run says that it does not continue")
    func anotherRun() throws {
      for (run, maps) in [("run", "8"), ("other", "4")] {
        let outcome = try program.train(into: run, steps: 1, ["--feature-maps", maps])
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      }
      let before = try program.contents(of: "run")
      for origin in [program.path("other"), program.checkpointFile(of: "other", step: 1)] {
        expectRefusal(
          try program.train(into: "run", steps: 2, ["--resume", origin]), code: 64,
          "\(program.path("run")) already holds a run")
      }
      expectRefusal(
        try program.train(into: "run", steps: 2, ["--resume", program.path("missing")]), code: 65,
        "there is no checkpoint or run at \(program.path("missing"))")
      #expect(program.exitCode(of: "run") == "0")
      #expect(try program.contents(of: "run") == before)
    }

    @Test("leaves its exit code behind where mpirun tells another")
    func mpirunHidesIt() throws {
      // On SIGTERM mpirun gives the ranks this many seconds to end, and then says 1 in any case.
      let outcome = try program.train(
        ranks: 2, into: "run", steps: Self.forever,
        environment: ["OMPI_MCA_odls_base_sigkill_timeout": "5"]
      ) { launcher in
        waitForSteps(4)
        kill(launcher, SIGTERM)
      }
      #expect(outcome.exitCode == 1, "\(outcome.standardError)")
      #expect(program.exitCode(of: "run") == "75")
      #expect(try program.checkpoint(of: "run", step: program.records(of: "run").count).count > 0)
    }
  }
}
