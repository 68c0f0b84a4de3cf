import Collectives
import Comparison
import Foundation
import GANs
import MPIRunSupport
import Metrics
import Testing
import Training

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
    "--feature-maps", "8", "--latent-dim", "16", "--batch-size", "16",
    "--curve-points", "2", "--evaluation-images", "32", "--sample-count", "4", "--threads", "1",
    "--checkpoint-every", "1", "--sync-batchnorm",
  ]

  private func compare(
    ranks: Int = 1, into output: String, _ options: [String] = [],
    budget: [String] = ["--images", "128"],
    meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> MPIRun.Outcome {
    let program = MPIRun.executable(named: "gan-dist")
    let arguments = Self.small + budget + ["--output", folder.path(output)] + options
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
    let summary = whole.standardOutput.split(separator: "\n").suffix(5)
    #expect(summary.first?.hasPrefix("model           runs  SWD mean  MS-SSIM  ") == true)
    #expect(summary.allSatisfy { $0.count <= 80 || $0.hasPrefix("all figures: ") }, "\(summary)")
    let options = String(
      decoding: try folder.contents("whole/portrait-seed1/config.yaml"), as: UTF8.self)
    // Two levels of two phases each, in an eighth of 128 images.
    #expect(options.contains("growth-images: 4\n"), "\(options)")
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
    #expect(!again.standardOutput.contains("not asked for now"))
    let fewer = try compare(into: "parts", ["--models", "portrait"])
    #expect(fewer.standardOutput.contains("not asked for now, and so not in it: dcgan; name all"))
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

  @Test("refuses to work in a folder where another does")
  func taken() throws {
    let first = try compare(into: "taken", budget: ["--images", "1000000"]) { process in
      let deadline = Date.now + 200
      while (try? folder.contents("taken/comparison.json")) == nil, Date.now < deadline {
        usleep(500)
      }
      do {
        let second = try compare(into: "taken", ["--models", "sngan"])
        #expect(second.exitCode == 64)
        #expect(
          second.standardError.contains(
            "another job compares models in \(folder.path("taken")): process \(process) on "),
          "\(second.standardError)")
      } catch {
        Issue.record(error)
      }
      kill(process, SIGTERM)
    }
    #expect(first.exitCode == 75, "\(first.standardError)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("taken/lock")))
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

  @Test("adds the runs of another seed to those that there are")
  func anotherSeed() throws {
    let options = ["--models", "dcgan", "--images", "64"]
    let first = try compare(into: "seeds", options)
    try #require(first.exitCode == 0, "\(first.standardError)")
    let second = try compare(into: "seeds", options + ["--seeds", "1,2"])
    try #require(second.exitCode == 0, "\(second.standardError)")
    #expect(!second.standardOutput.contains("run 1 of 2"))
    #expect(second.standardOutput.contains("run 2 of 2: dcgan, seed 2"))
    let table = String(decoding: try folder.contents("seeds/table.csv"), as: UTF8.self)
    let lines = table.split(separator: "\n").map { $0.split(separator: ",") }
    let column = try #require(lines[0].firstIndex(of: "swd_mean"))
    let both = try [1, 2].map { seed in
      try #require(
        result("dcgan-seed\(seed)", in: "seeds").evaluation.slicedWasserstein?.average)
    }
    #expect(lines[2].prefix(2) == ["dcgan", "2"])
    for (text, expected) in zip(
      lines[2][column...], [both.reduce(0, +) / 2, both.min() ?? 0, both.max() ?? 0])
    {
      #expect(abs((Double(text) ?? 0) - expected) < 1e-9 * expected, "\(table)")
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

  @Test("gives each model as many images as it is measured to see in the minutes")
  func minutes() throws {
    let options = ["--models", "dcgan", "--minutes", "0.05"]
    let outcome = try compare(into: "minutes", options, budget: [])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    let stored = try conditions(of: "minutes")
    let images = try #require((stored["measuredImages"] as? [String: Int])?["dcgan"])
    #expect(images > 0 && images.isMultiple(of: 16))
    #expect(try result("dcgan-seed1", in: "minutes").images == images)
    let again = try compare(into: "minutes", options, budget: [])
    #expect(again.exitCode == 0)
    #expect(!again.standardOutput.contains("measuring how many images"))
    let other = try compare(into: "minutes", ["--models", "dcgan"])
    #expect(other.exitCode == 64)
    #expect(
      other.standardError.contains("was begun with --minutes 0.05, not --images 128"),
      "\(other.standardError)")
  }

  @Test("leaves out a model that diverges, and says so as long as it is asked for")
  func diverged() throws {
    try plantDivergence(in: "diverged/dcgan-seed1")
    let sentence =
      "training diverged at step 2: the loss or the gradient of the discriminator and "
      + "the generator is "
    let alone = try compare(into: "diverged", ["--models", "dcgan"])
    #expect(alone.exitCode == 65)
    #expect(
      alone.standardError.contains("without a result: dcgan, seed 1 (\(sentence)"),
      "\(alone.standardError)")
    #expect(!alone.standardOutput.contains("SWD mean"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("diverged/table.md")))

    for isFirst in [true, false] {
      let both = try compare(into: "diverged")
      #expect(both.exitCode == 65)
      #expect(both.standardError.contains("without a result: dcgan, seed 1 (\(sentence)"))
      #expect(!both.standardOutput.contains("run 1 of 2"))
      #expect(both.standardOutput.contains("run 2 of 2") == isFirst)
      let table = String(decoding: try folder.contents("diverged/table.md"), as: UTF8.self)
      #expect(table.contains("| `portrait` | 1 |") && !table.contains("| `dcgan` |"))
      #expect(table.contains("- Missing: `dcgan`, seed 1: \(sentence)"))
    }
  }

  /// Leaves a checkpoint whose discriminator is finite, but makes infinities of any picture.
  private func plantDivergence(in run: String) throws {
    var configuration = TrainingConfiguration()
    configuration.architecture = ArchitectureOptions(
      imageSize: 32, latentDimension: 16, featureMaps: 8)
    configuration.optimization.batchSize = 16
    let state = TrainingState(gan: try configuration.makeGAN(), seed: 1, averageHalfLife: 10)
    state.step = 1
    state.discriminator.weights.withMutableScalars { weights in
      for index in weights.indices { weights[index] *= 1e35 }
    }
    try FileManager.default.createDirectory(
      atPath: folder.path("\(run)/checkpoints"), withIntermediateDirectories: true)
    try Checkpoint.write(
      state, configuration: configuration, dataDigest: "",
      to: folder.path("\(run)/checkpoints/step-0000001.safetensors"))
  }

  /// What is stored of the conditions of a comparison.
  private func conditions(of output: String) throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: folder.contents("\(output)/comparison.json"))
        as? [String: Any])
  }

  @Test("takes nothing that is damaged for nothing, and mixes no conditions")
  func finishedFolder() throws {
    let options = ["--models", "dcgan", "--images", "32"]
    let outcome = try compare(into: "done", options)
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    func expectRefusal(
      _ code: Int32, _ sentence: String, _ more: [String] = [],
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let outcome = try compare(into: "done", options + more)
      #expect(outcome.exitCode == code, sourceLocation: sourceLocation)
      #expect(
        outcome.standardError.contains(sentence), "\(outcome.standardError)",
        sourceLocation: sourceLocation)
    }
    for name in [
      "comparison.json", "reals.json", "dcgan-seed1/evaluation.json", "dcgan-seed1/learning.json",
    ] {
      let file = URL(fileURLWithPath: folder.path("done/\(name)"))
      let sound = try Data(contentsOf: file)
      let damaged = sound.dropLast(4)
      try damaged.write(to: file)
      try expectRefusal(65, "\(file.path) does not hold what it should")
      #expect(try Data(contentsOf: file) == damaged)
      try sound.write(to: file)
    }

    try expectRefusal(
      64, "was begun with --convolutions fast, not plain", ["--convolutions", "plain"])
    var stored = try conditions(of: "done")
    let recipes = try #require(stored["recipes"] as? [String: [[String: String]]])
    let file = URL(fileURLWithPath: folder.path("done/comparison.json"))
    stored["recipes"] = recipes.mapValues { recipe in
      recipe.map { $0["option"] == "generatorOptimizer" ? $0.merging(["value": "SGD"]) { $1 } : $0 }
    }
    try JSONSerialization.data(withJSONObject: stored).write(to: file)
    try expectRefusal(64, "was begun with another recipe of dcgan (generatorOptimizer: SGD, not ")

    // As an earlier version stored it.
    stored["recipes"] = nil
    let conditions = try #require(stored["conditions"] as? [[String: String]])
    stored["conditions"] = Array(conditions.dropLast(2))
    try JSONSerialization.data(withJSONObject: stored).write(to: file)
    let later = try compare(into: "done", options)
    #expect(later.exitCode == 0 && !later.standardOutput.contains("run "))
    #expect(try self.conditions(of: "done")["recipes"] as? [String: [[String: String]]] == recipes)

    try Data().write(
      to: URL(fileURLWithPath: folder.path("done/dcgan-seed1/checkpoints/step-0000002.safetensors"))
    )
    try expectRefusal(65, "dcgan-seed1 has no usable checkpoint of step 2, only of step 1; ")
  }

  @Test("stops while it measures, too, when its time is over")
  func overtime() throws {
    var options = ComparisonOptions(models: [.dcgan], budget: .images(64))
    options.common.architecture = ArchitectureOptions(imageSize: 32, featureMaps: 8)
    options.common.data.paintedCount = 16
    options.common.output.path = folder.path("overtime")
    let deadline = Deadline(after: try #require(TimeLimit("1s")))
    while !deadline.isOver { usleep(10_000) }
    let error = #expect(throws: TrainingError.self) {
      try Comparison(
        options, extractor: RandomConvolutions(), over: SoloCommunicator(),
        machine: .init(threads: 1, stallTimeout: 60, deadline: deadline)
      ).run()
    }
    #expect(error?.kind == .stopped)
    #expect(!FileManager.default.fileExists(atPath: folder.path("overtime/reals.json")))
  }

  @Test(
    "refuses in a sentence what cannot be compared, before it trains",
    arguments: [
      (["--models", "dcgan,cyclegan"], 64, "The value 'dcgan,cyclegan' is invalid"),
      (["--models", "sagan", "--image-size", "16"], 64, "no networks for images of 16 pixels"),
      (["--models", "dcgan,dcgan"], 64, "--models names a model twice"),
      (["--models", "dcgan,pggan", "--batch-size", "6"], 64, "6 does not fit 1 rank"),
      (["--images", "8"], 64, "--images must be at least --batch-size 16"),
      (["--images", "100000000000", "--batch-size", "1"], 64, "at most a billion batches"),
      (["--batch-size", "0"], 64, "--batch-size is 0; it must be between 1 and 65536"),
      (["--batch-size", "2000000000000"], 64, "it must be between 1 and 65536"),
      (["--feature-maps", "0"], 64, "--feature-maps must be between 1 and 4096"),
      (["--growth-images", "0"], 64, "--growth-images must be between 1 and 1e12"),
      (["--images", "64", "--minutes", "1"], 64, "two budgets"),
      (["--painted-count", "11"], 65, "11 painted portraits by 8 painters are too few"),
      (["--data", "/dev/null/nowhere"], 65, "/dev/null/nowhere"),
    ])
  func refused(options: [String], code: Int32, sentence: String) throws {
    let outcome = try compare(into: "refused", options)
    #expect(outcome.exitCode == code, "\(outcome.standardError)")
    #expect(outcome.standardError.contains(sentence), "\(outcome.standardError)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("refused/dcgan-seed1")))
  }
}
