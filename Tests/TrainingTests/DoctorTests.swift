import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("checking a cluster")
  struct DoctorTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    @Test("reports every rank and that sums are right", arguments: [1, 2])
    func report(ranks: Int) throws {
      let outcome = try program.run(ranks: ranks, ["doctor", "--threads", "1"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let lines = outcome.standardOutput.split(separator: "\n")
      for rank in 0..<ranks {
        let found = lines.filter { $0.hasPrefix("rank \(rank): ") }
        #expect(found.count == 1)
        #expect(found.first?.contains("local rank \(rank) of \(ranks), 1 thread on ") == true)
      }
      #expect(!outcome.standardOutput.contains("rank \(ranks): "))
      #expect(lines.count { $0.hasPrefix("allreduce gives right sums") } == 1)
      // What several ranks take for an allreduce is measured; one has nobody to talk to.
      #expect(lines.contains { $0.hasPrefix("allreduce of ") } == (ranks > 1))
    }

    @Test(
      "warns of more threads than cores, which training does where ranks are bound to too few",
      .enabled(if: OneCore.isAvailable, "taskset is not installed"))
    func crowd() throws {
      func say(ranks: Int, _ command: [String]) throws -> String {
        let outcome = try program.run(ranks: ranks, command, under: OneCore.command)
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        return outcome.standardOutput
      }
      let (crowded, bound) = (
        "warning: some hosts have more compute threads than cores",
        "warning: some ranks are bound to fewer cores than they have threads"
      )
      #expect(!(try say(ranks: 1, ["doctor", "--threads", "1"]).contains("warning")))
      #expect(try say(ranks: 2, ["doctor", "--threads", "1"]).contains(crowded))
      #expect(try say(ranks: 2, ["doctor", "--threads", "2"]).contains(bound))
      let train = Program.small + ["--steps", "1", "--threads", "2", "--output"]
      #expect(try say(ranks: 2, train + [program.path("run")]).contains(bound))
    }

    @Test(
      "says, as training does, when mpirun leaves cores idle that threads would be on",
      .enabled(
        if: OneCore.isAvailable && ProcessInfo.processInfo.activeProcessorCount > 1,
        "taskset or a second core is missing"))
    func idleCores() throws {
      let mpirun = try #require(MPIRun.path)
      func say(threads: String, under wrapper: [String], _ command: [String]) throws -> String {
        let outcome = try MPIRun.run(
          URL(fileURLWithPath: mpirun),
          ["--bind-to", "none", "-np", "1"] + wrapper + [Program.executable.path] + command,
          environment: [
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": "",
          ], timeout: 120)
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
        return outcome.standardOutput
      }
      let idle = #/rank 0, one of 1 on \S+, may run on 1 core of the \d+ that mpirun may use; /#
      // What --bind-to core does to a rank, whatever cores this machine has.
      #expect(try say(threads: "", under: OneCore.command, ["doctor"]).contains(idle))
      #expect(!(try say(threads: "1", under: OneCore.command, ["doctor"]).contains("warning")))
      #expect(!(try say(threads: "", under: [], ["doctor"]).contains("warning")))
      // Without its number of threads.
      let train = Program.small.dropLast(2) + ["--steps", "1", "--output", program.path("run")]
      let report = try say(threads: "", under: OneCore.command, Array(train))
      #expect(report.matches(of: idle).count == 1, "\(report)")
      #expect(report.contains("--bind-to none and --threads"))
    }

    @Test("says what every rank sees in a folder or a store", arguments: [1, 2])
    func data(ranks: Int) throws {
      try program.write("one", to: "portraits/a.jpg")
      try program.write("two", to: "portraits/ada/b.png")
      let outcome = try program.run(
        ranks: ranks, ["doctor", "--threads", "1", "--data", program.path("portraits")])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(outcome.standardOutput.contains("data: every rank sees 2 files (paths and sizes "))

      expectRefusal(
        try program.run(
          ranks: ranks, ["doctor", "--threads", "1", "--data", program.path("missing")]),
        code: 65, "\(program.path("missing")) is not there on ")
      try program.write("no store", to: "file")
      expectRefusal(
        try program.run(
          ranks: ranks, ["doctor", "--threads", "1", "--data", program.path("file")]),
        code: 65, program.path("file"))
    }

    @Test(
      "refuses folders that differ from rank to rank",
      arguments: [("a.png", "longer"), ("b.png", "one")])
    func differentData(name: String, text: String) throws {
      try program.write("one", to: "rank0/portraits/a.png")
      try program.write(text, to: "rank1/portraits/\(name)")
      let own = #"cd "$FOLDER/rank$OMPI_COMM_WORLD_RANK" && exec "$@" --data portraits"#
      let outcome = try MPIRun.run(
        ranks: 2, executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: ["-c", own, "sh", Program.executable.path, "doctor", "--threads", "1"],
        environment: ["FOLDER": program.path("")], timeout: 120)
      expectRefusal(
        outcome, code: 65, "the ranks see different data in portraits: 1 file (paths and sizes ")
      #expect(outcome.standardError.contains("copy the same folder to every host"))
      #expect(!outcome.standardOutput.contains("everything that was checked is in order"))
    }
  }
}

/// A wrapper that keeps a command and all that it starts on a single core.
private enum OneCore {
  private static let taskset = ["/usr/bin/taskset", "/bin/taskset"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The first core that these tests may use, whichever it is.
  private static let core: Substring? = {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    return (status ?? "").firstMatch(of: /Cpus_allowed_list:\s*(\d+)/)?.1
  }()

  static let isAvailable = taskset != nil && core != nil
  static let command = [taskset ?? "taskset", "-c", String(core ?? "0")]
}
