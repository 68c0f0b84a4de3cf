import Foundation
import GANs
import Safetensors
import Testing
import Training

@Suite("A checkpoint")
struct CheckpointTests {
  private let program: Program
  private let configuration: TrainingConfiguration
  private let state: TrainingState

  init() throws {
    program = try Program()
    var configuration = TrainingConfiguration()
    configuration.architecture = ArchitectureOptions(
      imageSize: 32, latentDimension: 6, featureMaps: 2)
    configuration.seed = .max
    self.configuration = configuration
    state = TrainingState(gan: try configuration.makeGAN(), seed: 3, averageHalfLife: 10)
    state.step = 41
    (state.generatorOptimizer.updateCount, state.discriminatorOptimizer.updateCount) = (41, 41)
  }

  private func write() throws -> String {
    let path = program.path("checkpoint.safetensors")
    try Checkpoint.write(state, configuration: configuration, dataDigest: "abc", to: path)
    return path
  }

  @Test("gives back what was written, in every bit")
  func roundTrip() throws {
    let checkpoint = try Checkpoint(contentsOf: write())
    #expect(checkpoint.configuration == configuration)
    #expect(checkpoint.step == 41 && checkpoint.dataDigest == "abc")
    let restored = TrainingState(gan: state.gan, seed: 4, averageHalfLife: 10)
    #expect(restored.generator.weights.digest != state.generator.weights.digest)
    try checkpoint.restore(restored, continuing: configuration)
    #expect(restored.step == 41 && restored.generatorOptimizer.updateCount == 41)
    #expect(restored.generator.weights.digest == state.generator.weights.digest)
    #expect(restored.discriminator.weights.digest == state.discriminator.weights.digest)
    #expect(restored.generator.statistics.digest == state.generator.statistics.digest)
    #expect(restored.average.state.weights.digest == state.average.state.weights.digest)
  }

  @Test("says how many updates were made only where some were skipped")
  func skippedUpdates() throws {
    let key = "gan-dist.update-counts"
    #expect(try SafetensorsFile(contentsOf: write()).metadata[key] == nil)
    (state.generatorOptimizer.updateCount, state.discriminatorOptimizer.updateCount) = (40, 37)
    let restored = TrainingState(gan: state.gan, seed: 4, averageHalfLife: 10)
    try Checkpoint(contentsOf: write()).restore(restored, continuing: configuration)
    #expect(restored.step == 41)
    #expect(restored.generatorOptimizer.updateCount == 40)
    #expect(restored.discriminatorOptimizer.updateCount == 37)
    #expect(restored.skippedSteps == 0)
    state.skippedSteps = 4
    try Checkpoint(contentsOf: write()).restore(restored, continuing: configuration)
    #expect(restored.skippedSteps == 4)

    state.skippedSteps = 42
    let forgetful = try Checkpoint(contentsOf: write())
    let refusal = #expect(throws: TrainingError.self) {
      try forgetful.restore(restored, continuing: configuration)
    }
    #expect(refusal?.description.contains("cannot have skipped as many steps as it says") == true)
    state.skippedSteps = 4

    state.generatorOptimizer.updateCount = 42
    let checkpoint = try Checkpoint(contentsOf: write())
    let error = #expect(throws: TrainingError.self) {
      try checkpoint.restore(restored, continuing: configuration)
    }
    #expect(error?.description.contains("cannot have made the updates that it counts") == true)
  }

  @Test(
    "is refused when it asks for impossible networks, before memory is taken for them",
    arguments: [
      (#""featureMaps":2"#, #""featureMaps":-2"#),
      (#""featureMaps":2"#, #""featureMaps":9223372036854775807"#),
      (#""latentDimension":6"#, #""latentDimension":0"#),
      (#""batchSize":64"#, #""batchSize":0"#),
    ])
  func impossible(written: String, forged: String) throws {
    try expectRefusal(of: forge("gan-dist.configuration", written, as: forged))
  }

  @Test(
    "is refused when it counts more steps than can be reckoned with",
    arguments: ["10000000001", "9223372036854775807", "-1"])
  func impossibleStep(forged: String) throws {
    try expectRefusal(of: forge("gan-dist.step", "41", as: forged))
  }

  @Test("that only says that its network is large gets no memory for one")
  func hollow() throws {
    let path = try forge("gan-dist.configuration", #""featureMaps":2"#, as: #""featureMaps":2048"#)
    let checkpoint = try Checkpoint(contentsOf: path)
    let gan = try checkpoint.configuration.makeGAN()
    let gigabytes = gan.generator.layout.parameterCount * 4 / 1_000_000_000
    try #require(gigabytes > 1)
    let before = try largestResidentKilobytes()
    let error = #expect(throws: TrainingError.self) {
      try checkpoint.imageGenerator(averaged: true)
    }
    #expect(error?.kind == .badData)
    #expect(error?.description.contains("holds another model") == true)
    #expect(try largestResidentKilobytes() - before < 500_000)
  }

  /// Writes a checkpoint whose metadata say something else than it holds, under a right checksum,
  /// and returns where.
  private func forge(_ key: String, _ written: String, as forged: String) throws -> String {
    let path = try write()
    var metadata = try SafetensorsFile(contentsOf: path).metadata
    let text = try #require(metadata[key])
    metadata[key] = text.replacingOccurrences(of: written, with: forged)
    #expect(metadata[key] != text)
    try SafetensorsWriter(metadata: metadata).write(to: path)
    return path
  }

  private func expectRefusal(
    of path: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let error = #expect(throws: TrainingError.self, sourceLocation: sourceLocation) {
      try Checkpoint(contentsOf: path)
    }
    #expect(error?.kind == .badData, sourceLocation: sourceLocation)
    #expect(
      error?.description.contains("not a checkpoint of this version of gan-dist") == true,
      sourceLocation: sourceLocation)
  }

  private func largestResidentKilobytes() throws -> Int {
    var usage = rusage()
    try #require(getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0)
    return usage.ru_maxrss
  }
}
