import Benchmarks
import Testing

@Suite("The prediction of scaling")
struct ScalingModelTests {
  /// 10 ms a step, 1 ms an image, one message of 1 MB that may hide behind a tenth of the
  /// computation, 1 ms of latency and 1 GB/s.
  private let model = ScalingModel(
    secondsPerStep: 0.01, secondsPerImage: 0.001,
    messages: [.init(bytes: 1_000_000, hideableShare: 0.1)],
    link: Link(latency: 0.001, bandwidth: 1e9), algorithm: .ring)

  private func expect(
    _ found: Double, _ expected: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(found - expected) <= 1e-9 * abs(expected), "\(found), not \(expected)",
      sourceLocation: sourceLocation)
  }

  @Test("adds up what a step takes")
  func sum() {
    // Two ranks: 2 rounds of half a megabyte are 2 ms and 1 ms; 32 images take 42 ms, of which a
    // tenth hides all of it.
    let two = model.prediction(ranks: 2, imagesPerRank: 32, single: 32)
    expect(two.computationSeconds, 0.042)
    expect(two.communicationSeconds, 0.003)
    expect(two.exposedSeconds, 0)
    expect(two.imagesPerSecond, 64 / 0.045)
    expect(two.imagesPerSecondWithOverlap, 64 / 0.042)
    expect(two.efficiency, 42.0 / 45)
    expect(two.efficiencyWithOverlap, 1)
    // Four ranks: 6 rounds of a quarter are 6 ms and 1.5 ms, of which 4.2 ms can hide.
    let four = model.prediction(ranks: 4, imagesPerRank: 32, single: 32)
    expect(four.communicationSeconds, 0.0075)
    expect(four.exposedSeconds, 0.0033)
  }

  @Test("refers strong scaling to one rank with the whole batch")
  func strong() throws {
    let predictions = model.strongScaling(images: 64)
    #expect(predictions.map(\.ranks) == [2, 4, 8, 16, 32, 64])
    #expect(predictions.map(\.imagesPerRank) == [32, 16, 8, 4, 2, 1])
    let two = try #require(predictions.first)
    // 64 images take one rank 74 ms; two ranks would ideally take 37, and take 45.
    expect(two.efficiency, 37.0 / 45)
  }

  @Test("loses efficiency with every doubling, and less with overlap")
  func monotonous() {
    for predictions in [model.weakScaling(imagesPerRank: 32), model.strongScaling(images: 1024)] {
      #expect(predictions.map(\.ranks) == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
      for (fewer, more) in zip(predictions, predictions.dropFirst()) {
        #expect(more.efficiency < fewer.efficiency)
        #expect(more.efficiencyWithOverlap <= fewer.efficiencyWithOverlap)
      }
      #expect(predictions.allSatisfy { $0.efficiencyWithOverlap >= $0.efficiency })
      #expect(predictions.allSatisfy { $0.exposedSeconds <= $0.communicationSeconds })
    }
  }

  @Test("is perfect where messages cost nothing and a step nothing but its images")
  func perfect() {
    var model = model
    model.link = Link(latency: 0, bandwidth: .infinity)
    model.secondsPerStep = 0
    for prediction in model.weakScaling(imagesPerRank: 8) + model.strongScaling(images: 1024) {
      expect(prediction.efficiency, 1)
    }
  }
}
