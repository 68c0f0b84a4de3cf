import Benchmarks
import Foundation
import MPIRunSupport
import Testing

@Suite("gan-dist bench", .serialized, .disabled(if: MPIRun.isAbsent, "mpirun is not installed"))
struct BenchCommandTests {
  private static let small = [
    "bench", "--image-size", "32", "--feature-maps", "8", "--latent-dim", "16", "--batch-size", "8",
    "--steps", "2", "--seconds-per-pass", "0", "--threads", "1",
  ]

  private func run(ranks: Int, _ options: [String]) throws -> MPIRun.Outcome {
    let executable = MPIRun.executable(named: "gan-dist")
    return try ranks == 1
      ? MPIRun.run(executable, Self.small + options, timeout: 120)
      : MPIRun.run(
        ranks: ranks, executable: executable, arguments: Self.small + options, timeout: 120)
  }

  @Test("measures everything on one rank and on two, and writes it as JSON", arguments: [1, 2])
  func everything(ranks: Int) throws {
    let outcome = try run(ranks: ranks, ["--json", "-"])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    let json = Data(outcome.standardOutput.utf8)
    let report = try BenchmarkReport(json: json)
    #expect(try report.json() == json)

    #expect(report.setting.ranks == ranks && report.setting.batchSize == 8)
    let step = try #require(report.step)
    // The parts are those of the same steps, and none is the whole.
    for part in [step.discriminator, step.generator, step.optimizer] {
      #expect(part.least > 0 && part.least < step.step.least)
      #expect(part.greatest < step.step.greatest)
    }
    #expect(abs(step.imagesPerSecond.greatest * step.step.least - 8) < 1e-9)
    #expect(step.sideBySide.least > 0 && (step.alone == step.step) == (ranks == 1))
    #expect(step.peakTensorBytes > step.discriminatorGradientBytes)
    #expect(step.peakBytes ?? .max > step.peakTensorBytes)

    let bandwidth = try #require(report.bandwidth)
    #expect(bandwidth.memory.least > 0)
    #expect(bandwidth.allreduce.map(\.bytes).first == (ranks == 1 ? nil : 4))
    #expect(bandwidth.allreduce.last?.bytes == (ranks == 1 ? nil : 25_000_000))

    // Four layers a network; the discriminator's first has no input gradient in its own phase.
    let convolutions = try #require(report.convolutions)
    #expect(Set(convolutions.map(\.pass)).count == 3)
    #expect(convolutions.allSatisfy { $0.largestError < 1e-4 && $0.gigaflops.least > 0 })
    let first = convolutions.filter { $0.inputShape == [16 / ranks, 32, 32, 3] }
    #expect(Set(first.map(\.pass)) == [.output, .weightGradient])

    let scaling = try #require(report.scaling)
    #expect(scaling.weak.map(\.ranks) == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    #expect(scaling.strong.map(\.ranks) == [2, 4, 8])
    #expect((scaling.check != nil) == (ranks > 1))
  }

  @Test("prints tables of the sections that were asked for, for the network that was named")
  func tables() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let outcome = try run(
      ranks: 1,
      [
        "--sections", "scaling", "--link-latency", "20", "--link-bandwidth", "10", "--json",
        file.path,
      ])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    for words in ["training step of rank 0", "weak scaling", "1024 ranks", "strong scaling"] {
      #expect(outcome.standardOutput.contains(words))
    }
    #expect(outcome.standardOutput.contains("link: 20.0 µs, 10.00 Gbit/s, given"))
    #expect(!outcome.standardOutput.contains("GFLOP/s"))
    let report = try BenchmarkReport(json: try Data(contentsOf: file))
    #expect(report.convolutions == nil)
    let link = try #require(report.scaling?.model.link)
    #expect(abs(link.latency - 20e-6) < 1e-12 && abs(link.bandwidth - 1.25e9) < 1)
    // Progress is not part of the report.
    #expect(outcome.standardError.contains("measuring 2 steps of training"))
  }

  @Test("measures the step that options ask for, and checks the prediction of such a step")
  func machineOptions() throws {
    let outcome = try run(
      ranks: 2,
      [
        "--sections", "scaling", "--overlap", "on", "--gradient-exchange", "bfloat16",
        "--convolutions", "plain", "--sync-batchnorm",
      ])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    #expect(
      outcome.standardOutput.contains(
        "plain convolutions, gradients in bfloat16, sent while others are computed, batch statistics "
          + "of the whole batch"))
    #expect(outcome.standardOutput.contains("communication, exposed, ms"))

    func discriminatorGradientBytes(_ format: String) throws -> Int? {
      let outcome = try run(
        ranks: 1, ["--sections", "step", "--gradient-exchange", format, "--json", "-"])
      return try BenchmarkReport(json: Data(outcome.standardOutput.utf8)).step?
        .discriminatorGradientBytes
    }
    let bytes = try #require(try discriminatorGradientBytes("float32"))
    #expect(try discriminatorGradientBytes("bfloat16") == bytes / 2)
  }

  @Test("times networks that have grown, and only batches that they take")
  func growing() throws {
    let outcome = try run(
      ranks: 2, ["--model", "pggan", "--sections", "step,convolutions", "--json", "-"])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    let report = try BenchmarkReport(json: Data(outcome.standardOutput.utf8))
    let step = try #require(report.step)
    // Four pictures of a rank are one group, whose half is none.
    #expect(step.halfBatch == nil)
    let sides = try #require(report.convolutions).map { $0.inputShape[1] }
    #expect(sides.max() == 32)
  }

  @Test("counts a critic's updates after its warm-up: their images, and what they send")
  func severalUpdates() throws {
    let outcome = try run(
      ranks: 2, ["--model", "wgan", "--sections", "scaling", "--json", "-"])
    try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    let report = try BenchmarkReport(json: Data(outcome.standardOutput.utf8))
    let (step, scaling) = (try #require(report.step), try #require(report.scaling))
    #expect(step.discriminatorUpdates == 5)
    let images = step.imagesPerSecond.greatest * step.step.least
    #expect(abs(images - 5 * 8) < 1e-6 * images)
    #expect(
      scaling.model.messages.map(\.bytes)
        == Array(repeating: step.discriminatorGradientBytes, count: 5)
        + [step.generatorGradientBytes] + step.otherBytes)
    let check = try #require(scaling.check)
    let seconds = check.predicted.computationSeconds + check.predicted.communicationSeconds
    #expect(abs(check.predicted.imagesPerSecond * seconds - 5 * 8) < 1e-6 * images)
  }

  @Test("refuses ranks with other options than rank 0")
  func differentOptions() throws {
    let own = #"exec "$@" --steps "$((OMPI_COMM_WORLD_RANK + 2))""#
    let outcome = try MPIRun.run(
      ranks: 2, executable: URL(fileURLWithPath: "/bin/sh"),
      arguments: ["-c", own, "sh", MPIRun.executable(named: "gan-dist").path] + Self.small,
      timeout: 120)
    #expect(outcome.exitCode == 64)
    #expect(
      outcome.standardError.contains("rank 1 was started with other options than rank 0"),
      "\(outcome.standardError)")
  }

  @Test("refuses a batch that does not go round, a network that is none, and an unknown section")
  func refusals() throws {
    let uneven = try run(ranks: 2, ["--batch-size", "7"])
    #expect(uneven.exitCode == 64)
    #expect(uneven.standardError.contains("--batch-size 7 cannot be split evenly over 2 ranks"))
    let model = try run(ranks: 2, ["--model", "paper"])
    #expect(model.exitCode == 64)
    let sentence = "model paper is defined for images of 64 pixels, not 32"
    #expect(model.standardError.components(separatedBy: sentence).count == 2)
    #expect(!model.standardError.contains("MPI_ABORT"), "\(model.standardError)")
    let link = try run(ranks: 1, ["--link-bandwidth", "0"])
    #expect(link.exitCode == 64)
    #expect(link.standardError.contains("--link-bandwidth must be greater than 0"))
    let section = try run(ranks: 1, ["--sections", "step,speed"])
    #expect(section.exitCode == 64)
    #expect(section.standardError.contains("'step,speed' is invalid for '--sections"))
    let file = try run(ranks: 1, ["--sections", "bandwidth", "--json", "/nowhere/bench.json"])
    #expect(file.exitCode == 74)
    #expect(file.standardError.contains("cannot write /nowhere/bench.json"))
  }
}

extension BenchmarkReport {
  /// Reads what ``json()`` made, as the user of a report would.
  fileprivate init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(BenchmarkReport.self, from: json)
  }
}
