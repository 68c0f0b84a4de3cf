import Collectives
import FixtureSupport
import GANs
import Layers
import Tensors
import Testing
import Training

/// The vectors behind spectral normalisation, against a power iteration written out plainly.
@Suite("The vectors of spectral normalisation")
struct SpectralNormTests {
  /// Self-attention GANs normalise both networks so.
  private static func sagan() throws -> GAN {
    try ModelName.sagan.makeGAN(
      ArchitectureOptions(imageSize: 64, latentDimension: 8, featureMaps: 8))
  }

  /// Returns what becomes of every `weight_u` in `start` after `count` steps by the weights of
  /// `network`, by name.
  private static func iterated(
    _ network: NetworkState, from start: NetworkState, count: Int
  ) -> [String: [Float]] {
    var vectors = vectors(of: start)
    for (entry, weight) in zip(network.layout.weights, network.weights.tensors) {
      let name = entry.name.replacing("weight_orig", with: "weight_u")
      guard name != entry.name, var u = vectors[name] else { continue }
      // The outputs are the last dimension in memory.
      let matrix = weight.scalars
      for _ in 0..<count {
        var next = Array(repeating: Float(0), count: u.count)
        for row in stride(from: 0, to: matrix.count, by: u.count) {
          var product: Float = 0
          for index in u.indices { product += matrix[row + index] * u[index] }
          for index in u.indices { next[index] += matrix[row + index] * product }
        }
        let length = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
        u = next.map { $0 / length }
      }
      vectors[name] = u
    }
    return vectors
  }

  private static func vectors(of network: NetworkState) -> [String: [Float]] {
    let named = zip(network.layout.statistics, network.statistics.tensors)
      .filter { $0.0.name.hasSuffix("weight_u") }.map { ($0.name, $1.scalars) }
    return Dictionary(uniqueKeysWithValues: named)
  }

  private func expectEqual(
    _ found: [String: [Float]], _ expected: [String: [Float]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(!expected.isEmpty && found.keys == expected.keys, sourceLocation: sourceLocation)
    for (name, vector) in expected {
      let error = largestError(of: found[name] ?? [], from: vector)
      #expect(error < 1e-4, "\(name)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    "take a step for each update of their network, and none for the other's or for a penalty",
    arguments: [false, true])
  func updates(drawsFreshLatents: Bool) throws {
    var gan = try Self.sagan()
    gan.recipe.objective = R1()
    gan.recipe.drawsFreshLatentsForGenerator = drawsFreshLatents
    gan.recipe.discriminatorUpdates = .constant(3)
    // Weights that stay, so that the steps can be taken beforehand.
    gan.recipe.setLearningRate(0)
    let state = TrainingState(gan: gan, seed: 5, averageHalfLife: 100)
    let generator = Self.iterated(state.generator, from: state.generator, count: 1)
    let discriminator = Self.iterated(state.discriminator, from: state.discriminator, count: 3)
    let step = TrainingStep(
      state: state, communicator: SoloCommunicator(), batchSize: 2, seed: 5,
      synchronizesBatchStatistics: false)
    let reals = SampleNoise(seed: 8, step: 0, phase: 0, samples: [0, 1])
      .uniform(.painting, shape: [64, 64, 3])
    _ = try step { .init(reals, samples: [0, 1]) }
    expectEqual(Self.vectors(of: state.generator), generator)
    expectEqual(Self.vectors(of: state.discriminator), discriminator)
  }

  @Test("of the averaged generator are made to fit its weights")
  func average() throws {
    let state = TrainingState(gan: try Self.sagan(), seed: 5, averageHalfLife: 100)
    let other = NetworkState(layout: state.gan.generator.layout, seed: 6, network: 0)
    state.average.state.weights.store(other.weights.tensors)
    let expected = Self.iterated(state.average.state, from: state.generator, count: 10)
    try state.measureAverageStatistics(seed: 5, growth: nil, over: SoloCommunicator())
    expectEqual(Self.vectors(of: state.average.state), expected)
  }
}
