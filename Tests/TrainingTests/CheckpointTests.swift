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
    let path = try write()
    var metadata = try SafetensorsFile(contentsOf: path).metadata
    let key = "gan-dist.configuration"
    let honest = try #require(metadata[key])
    metadata[key] = honest.replacingOccurrences(of: written, with: forged)
    #expect(metadata[key] != honest)
    metadata["gan-dist.checksum"] = nil
    try SafetensorsWriter(metadata: metadata).write(to: path)
    let error = #expect(throws: TrainingError.self) { try Checkpoint(contentsOf: path) }
    #expect(error?.kind == .badData)
    #expect(error?.description.contains("not a checkpoint of this version of gan-dist") == true)
  }
}
