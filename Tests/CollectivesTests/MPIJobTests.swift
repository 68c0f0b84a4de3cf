import Foundation
import MPIRunSupport
import Testing

@Suite(
  "A job of several processes under mpirun", .serialized,
  .disabled(if: MPIRun.isAbsent, "mpirun is not installed"))
struct MPIJobTests {
  private let probe = MPIRun.executable(named: "collectives-probe")
  /// How long ranks wait for each other, in seconds; they need a part of it to start.
  private let stallTimeout = Int(3 * MPIRun.patience)

  private func run(_ scenario: String, ranks: Int) throws -> MPIRun.Outcome {
    try MPIRun.run(ranks: ranks, executable: probe, arguments: [scenario, "\(stallTimeout)"])
  }

  @Test(
    "gets right results from every collective, whole and split",
    arguments: [1, 2, 3, 4], ["collectives", "split-messages"])
  func collectives(ranks: Int, scenario: String) throws {
    let outcome = try run(scenario, ranks: ranks)
    #expect(outcome.exitCode == 0, "\(outcome.standardError)")
    for rank in 0..<ranks {
      #expect(outcome.standardOutput.contains("rank \(rank) of \(ranks): all as expected"))
    }
  }

  @Test("ends with the exit code of the one rank that aborts, saying which and why")
  func abort() throws {
    let outcome = try run("job-end", ranks: 3)
    #expect(outcome.exitCode == 74)
    #expect(outcome.standardError.contains("rank 2 of 3 on "))
    #expect(outcome.standardError.contains("(step 3, generator): unexpected result: disk full"))
  }

  @Test("turns what MPI refuses into an error that names operation, rank and phase")
  func refusal() throws {
    let outcome = try run("unequal-sizes", ranks: 2)
    #expect(outcome.exitCode == 70)
    #expect(
      outcome.standardError.contains("broadcast of 50 bytes from rank 0 failed on rank 1, host "))
    #expect(outcome.standardError.contains("(step 3, weights): MPI_ERR_TRUNCATE"))
  }

  @Test("waits for a rank that is late but comes within the stall timeout")
  func late() throws {
    let outcome = try run("late", ranks: 3)
    #expect(outcome.exitCode == 0, "\(outcome.standardError)")
    #expect(!outcome.standardError.contains("stalled"))
  }

  @Test("is ended by the watchdog, which says what a rank that never comes is doing")
  func stallWhileComputing() throws {
    let outcome = try run("stall-computing", ranks: 4)
    let report = outcome.standardError
    expectEndByWatchdog(outcome)
    #expect(report.contains("stalled: sum of 1000 floats (collective "))
    #expect(
      report.contains("; step 17, averaging gradients) has not completed in \(stallTimeout) s."))
    #expect(report.contains("waiting in it: ranks 0, 2, 3"))
    #expect(report.contains("missing: rank 1 on "))
    #expect(report.contains(", computing since collective "))
    #expect(report.contains(", idle for "))
    #expect(report.contains("; step 17, loading images\n"))
    #expect(report.components(separatedBy: "stalled:").count == 2, "one report is enough")
  }

  @Test(
    "waits longer for a rank that computes, or says what it does, and lets people know",
    arguments: ["busy-computing", "busy-reporting"])
  func busy(scenario: String) throws {
    let outcome = try run(scenario, ranks: 3)
    let words = outcome.standardError
    #expect(outcome.exitCode == 0, "\(words)")
    #expect(!words.contains("stalled"))
    #expect(words.contains("rank 0 of 3 on "))
    #expect(words.contains("barrier (collective "))
    #expect(
      words.contains("; step 17, checkpoint) has taken \(stallTimeout) s and is still waiting"))
    #expect(words.contains("are at work: rank 1 on "))
    #expect(words.components(separatedBy: "is still waiting").count == 2, "said once: \(words)")
  }

  @Test("ends when a rank never comes to the start of MPI, and says so")
  func stallAtStart() throws {
    let outcome = try run("start-stopped", ranks: 3)
    #expect(
      outcome.exitCode == 69 && !outcome.hasTimedOut,
      "exit code \(outcome.exitCode): \(outcome.standardError)")
    #expect(outcome.standardError.contains(" of 3 on "))
    #expect(outcome.standardError.contains("MPI has not started in \(stallTimeout) s"))
  }

  @Test("waits for a rank that comes late to the start of MPI")
  func lateAtStart() throws {
    #expect(try run("start-late", ranks: 3).exitCode == 0)
  }

  /// The job's code is the watchdog's, unless mpirun itself crashes when it cleans up after the
  /// ranks, as that of Open MPI 4.1.4 with PMIx 4.2.2 does now and then.
  private func expectEndByWatchdog(_ outcome: MPIRun.Outcome) {
    let crashOfMPIRun =
      outcome.exitCode == 128 + SIGSEGV && outcome.standardError.contains("PMIx_server_finalize")
    #expect(
      (outcome.exitCode == 70 || crashOfMPIRun) && !outcome.hasTimedOut,
      "exit code \(outcome.exitCode): \(outcome.standardError)")
  }

  @Test("is ended by the watchdog, which says that a stopped rank gives no answer")
  func stallOfAStoppedProcess() throws {
    let outcome = try run("stall-stopped", ranks: 3)
    expectEndByWatchdog(outcome)
    #expect(outcome.standardError.contains("waiting in it: ranks 0, 2"))
    #expect(outcome.standardError.contains("gives no answer: its process is stopped or dead"))
  }

  @Test("is ended by the watchdog when a rank stops in the middle of a sum in the background")
  func stallInBackground() throws {
    let outcome = try run("background-stall-stopped", ranks: 3)
    expectEndByWatchdog(outcome)
    #expect(outcome.standardError.contains("stalled: sum of 5000000 floats (collective "))
    #expect(
      outcome.standardError.contains(
        "; step 17, discriminator) has not completed in \(stallTimeout) s."))
    #expect(outcome.standardError.contains("gives no answer: its process is stopped or dead"))
  }

  @Test(
    "names a rank that computes on when the others have their sum and go to the next collective")
  func lateAfterBackgroundSum() throws {
    let outcome = try run("background-stall-computing", ranks: 3)
    expectEndByWatchdog(outcome)
    // Its thread moves the sum on while it computes, so the others come to the barrier.
    #expect(outcome.standardError.contains("stalled: barrier (collective "))
    #expect(outcome.standardError.contains("waiting in it: ranks 0, 2"))
    #expect(outcome.standardError.contains("missing: rank 1 on "))
    #expect(outcome.standardError.contains("; step 17, discriminator\n"))
  }

  @Test("ends when a rank is killed", arguments: ["death", "background-death"])
  func death(scenario: String) throws {
    let outcome = try run(scenario, ranks: 3)
    // 137 is SIGKILL; mpirun ends the others then, or the watchdog does if it is quicker.
    #expect([137, 70].contains(outcome.exitCode) && !outcome.hasTimedOut)
  }

  @Test("is found by Launch, which uses MPI only for more than one process")
  func launch() throws {
    #expect(
      try run("launch", ranks: 1).standardOutput == "SoloCommunicator rank 0 of 1\n")
    let lines = try run("launch", ranks: 2).standardOutput.split(separator: "\n")
    #expect(lines.sorted() == ["MPICommunicator rank 0 of 2", "MPICommunicator rank 1 of 2"])
  }

  @Test("is refused where the launcher belongs to another MPI library")
  func otherLauncher() throws {
    let outcome = try MPIRun.run(
      probe, ["launch"], environment: ["PMI_SIZE": "4", "PMI_RANK": "0"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.standardError.contains("started 4 processes but this program's MPI sees 1"))
    #expect(outcome.standardError.contains("use the mpirun of Open MPI"))
  }

  @Test("needs no mpirun for a single process")
  func solo() throws {
    let outcome = try MPIRun.run(probe, ["launch"])
    #expect(outcome.exitCode == 0)
    #expect(outcome.standardOutput == "SoloCommunicator rank 0 of 1\n")
  }
}
