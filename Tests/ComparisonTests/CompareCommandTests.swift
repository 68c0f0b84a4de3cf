import Comparison
import Foundation
import MPIRunSupport
import Testing

@Suite(
  "The command compare", .serialized, .disabled(if: MPIRun.isAbsent, "mpirun is not installed"))
struct CompareCommandTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
  }

  /// Options of a comparison that takes some seconds.
  private static let small = [
    "compare", "--models", "dcgan,portrait", "--painted-count", "32", "--image-size", "32",
    "--feature-maps", "8", "--latent-dim", "16", "--batch-size", "16", "--images", "128",
    "--curve-points", "2", "--evaluation-images", "32", "--sample-count", "4", "--threads", "1",
    "--checkpoint-every", "1", "--sync-batchnorm",
  ]

  private func compare(
    ranks: Int = 1, into output: String, _ options: [String] = [],
    meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> MPIRun.Outcome {
    let program = MPIRun.executable(named: "gan-dist")
    let arguments = Self.small + ["--output", folder.path(output)] + options
    let environment = ["XDG_CACHE_HOME": folder.path("cache")]
    return try ranks > 1
      ? MPIRun.run(
        ranks: ranks, executable: program, arguments: arguments, environment: environment,
        timeout: 300, meanwhile: meanwhile)
      : MPIRun.run(
        program, arguments, environment: environment, timeout: 300, meanwhile: meanwhile)
  }

  private func result(_ run: String, in output: String) throws -> RunResult {
    try JSONDecoder().decode(
      RunResult.self, from: folder.contents("\(output)/\(run)/evaluation.json"))
  }

  /// What was measured of a run, but for the time it took.
  private func measured(_ run: String, in output: String) throws -> RunResult {
    var result = try result(run, in: output)
    result.trainingSeconds = 0
    return result
  }

  private static let runs = ["dcgan-seed1", "portrait-seed1"]

  @Test("writes tables, curves and figures, the same when it was interrupted")
  func interrupted() throws {
    let whole = try compare(into: "whole")
    try #require(whole.exitCode == 0, "\(whole.standardError)")
    for file in [
      "table.md", "table.csv", "curves.png", "curves.svg", "samples.png", "beside-reals.png",
      "neighbours.png",
    ] {
      #expect(try !folder.contents("whole/\(file)").isEmpty, "\(file)")
    }
    #expect(whole.standardOutput.contains("run 2 of 2: portrait, seed 1"))
    let baseline = try JSONDecoder().decode(
      RealBaseline.self, from: folder.contents("whole/reals.json"))
    // Of 32 portraits, two sets; curves compare all.
    #expect(baseline.curveReference.imageCount == 16)
    #expect(baseline.curveReference == baseline.evaluation.slicedWasserstein)

    let stopped = try interrupt("parts")
    #expect(stopped.exitCode == 75, "\(stopped.standardError)")
    #expect(try !folder.contents("parts/table.md").isEmpty)
    let resumed = try compare(into: "parts")
    try #require(resumed.exitCode == 0, "\(resumed.standardError)")
    #expect(!resumed.standardOutput.contains("run 1 of 2"))
    #expect(resumed.standardOutput.contains("continuing after step"))
    for run in Self.runs {
      #expect(try measured(run, in: "parts") == measured(run, in: "whole"))
      #expect(
        try folder.contents("parts/\(run)/learning.json")
          == folder.contents("whole/\(run)/learning.json"))
    }
    for picture in ["curves.svg", "samples.png", "beside-reals.png", "neighbours.png"] {
      #expect(
        try folder.contents("parts/\(picture)") == folder.contents("whole/\(picture)"), "\(picture)"
      )
    }

    let again = try compare(into: "parts")
    #expect(again.exitCode == 0 && !again.standardOutput.contains("run "))
    let other = try compare(into: "parts", ["--batch-size", "8"])
    #expect(other.exitCode == 64)
    #expect(
      other.standardError.contains("was begun with --batch-size 16, not 8"),
      "\(other.standardError)")
    let ranks = try compare(ranks: 2, into: "parts")
    #expect(ranks.exitCode == 64)
    #expect(
      ranks.standardError.contains("was begun on 1 rank, not 2; start it on as many"),
      "\(ranks.standardError)")
  }

  /// Stops a comparison in its second run.
  private func interrupt(_ output: String) throws -> MPIRun.Outcome {
    try compare(into: output) { process in
      let log = "\(output)/\(Self.runs[1])/log.jsonl"
      let deadline = Date.now + 200
      while (try? folder.contents(log))?.isEmpty ?? true, Date.now < deadline { usleep(500) }
      kill(process, SIGTERM)
    }
  }

  @Test("finds on two ranks what it finds on one")
  func ranks() throws {
    for ranks in [1, 2] {
      let outcome = try compare(ranks: ranks, into: "ranks\(ranks)", ["--images", "64"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    }
    for run in Self.runs {
      let (alone, together) = (try result(run, in: "ranks1"), try result(run, in: "ranks2"))
      let expected = try #require(alone.evaluation.slicedWasserstein?.average)
      let found = try #require(together.evaluation.slicedWasserstein?.average)
      #expect(abs(found - expected) < 0.01 * expected, "\(run)")
      #expect(abs(together.nearestDistance - alone.nearestDistance) < 0.5)
      #expect(together.images == 64 && together.step == 4)
    }
  }

  @Test("gives a critic's generator steps of its own, without the warm-up")
  func critic() throws {
    let outcome = try compare(into: "critic", ["--models", "wgan", "--images", "160"])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    let result = try result("wgan-seed1", in: "critic")
    // Ten batches, five a step.
    #expect(result.step == 2 && result.images == 160)
    let table = String(decoding: try folder.contents("critic/table.md"), as: UTF8.self)
    #expect(table.contains("steps of G"))
  }

  @Test(
    "refuses in a sentence what cannot be compared, before it trains",
    arguments: [
      (["--models", "dcgan,cyclegan"], 64, "The value 'dcgan,cyclegan' is invalid"),
      (["--models", "sagan", "--image-size", "16"], 64, "no networks for images of 16 pixels"),
      (["--models", "dcgan,dcgan"], 64, "--models names a model twice"),
      (["--models", "dcgan,pggan", "--batch-size", "6"], 64, "6 does not fit one rank"),
      (["--images", "8"], 64, "--images must be at least --batch-size 16"),
      (["--images", "64", "--minutes", "1"], 64, "two budgets"),
      (["--painted-count", "12"], 65, "12 painted portraits by 8 painters are too few"),
      (["--data", "/dev/null/nowhere"], 65, "/dev/null/nowhere"),
    ])
  func refused(options: [String], code: Int32, sentence: String) throws {
    let outcome = try compare(into: "refused", options)
    #expect(outcome.exitCode == code, "\(outcome.standardError)")
    #expect(outcome.standardError.contains(sentence), "\(outcome.standardError)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("refused/dcgan-seed1")))
  }
}
