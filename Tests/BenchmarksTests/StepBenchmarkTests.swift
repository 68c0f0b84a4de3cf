import Benchmarks
import Collectives
import CollectivesSupport
import GANs
import Testing

@Suite("Timing training steps")
struct StepBenchmarkTests {
  @Test("leaves all ranks at the same step, whose critic is updated as often on each")
  func sameStep() throws {
    var gan = try ModelName.dcgan.makeGAN(
      ArchitectureOptions(imageSize: 32, latentDimension: 8, featureMaps: 4))
    // Ranks that are at different steps would send different numbers of gradients here.
    gan.recipe.discriminatorUpdates = .warmedUp(usual: 1, eager: 2, start: 1, period: 3)
    let eager = gan
    let reports = try InMemoryCommunicator.run(ranks: 2) { communicator in
      try Benchmark(eager, batchSize: 4, communicator: communicator)
        .run([.step], steps: 6, secondsPerPass: 0, link: .init()) { _ in }
    }
    #expect(reports.allSatisfy { $0.step?.discriminatorUpdates == 1 })
  }
}
