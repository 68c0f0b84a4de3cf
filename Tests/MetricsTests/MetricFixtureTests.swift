import Collectives
import FixtureSupport
import Foundation
import Metrics
import Testing

/// What an independent implementation in numpy finds; `Tests/Fixtures/make_metric_fixtures.py`.
private struct MetricFixture: Decodable {
  let imageCount, imageSize: Int
  let seed: UInt64
  let pixelSums: [Int]
  let slicedWasserstein: [Double]
  let pairs: Int
  let pairSimilarity, largeSimilarity: Double
  let reals, generated: [Float]
  let frechet, kernel, kernelDeviation: Double
  let coverage: Coverage

  init() throws { self = try JSONDecoder().decode(Self.self, from: fixture("metrics.json")) }

  var realFeatures: FeatureMatrix { FeatureMatrix(columns: 4, values: reals) }
  var generatedFeatures: FeatureMatrix { FeatureMatrix(columns: 4, values: generated) }
  var pictures: [WavePictures] {
    (0..<2).map { WavePictures(count: imageCount, imageSize: imageSize, kind: $0) }
  }
}

@Suite("Metrics as numpy computes them")
struct MetricFixtureTests {
  private let expected: MetricFixture
  private let alone = SoloCommunicator()

  init() throws { expected = try MetricFixture() }

  @Test("sliced Wasserstein distance")
  func slicedWasserstein() throws {
    let pictures = expected.pictures
    for (set, sum) in zip(pictures, expected.pixelSums) {
      #expect(set.pixels(of: 0..<set.count).reduce(0) { $0 + Int($1) } == sum)
    }
    let found = try SlicedWasserstein(
      of: ImageShare(of: pictures[0]), and: ImageShare(of: pictures[1]), seed: expected.seed,
      over: alone)
    try #require(found.levels.count == expected.slicedWasserstein.count)
    for (level, expected) in zip(found.levels, expected.slicedWasserstein) {
      #expect(abs(level.distance - expected) < 1e-4 * expected, "\(level.size) pixels")
    }
  }

  @Test("MS-SSIM, where the window shrinks with the picture and where pairs are many")
  func similarity() throws {
    let large = (0..<2).map {
      WavePictures(count: 1, imageSize: 64, kind: 3 * $0).pixels(of: 0..<1)
    }
    let found = large[0].withUnsafeBufferPointer { first in
      large[1].withUnsafeBufferPointer { MultiScaleSSIM(imageSize: 64)(first, $0) }
    }
    #expect(expected.largeSimilarity > 0.01)
    #expect(abs(found - expected.largeSimilarity) < 1e-9)

    let pairs = try PairSimilarity(of: ImageShare(of: expected.pictures[0]), over: alone)
    #expect(pairs.pairCount == expected.pairs)
    #expect(abs(pairs.mean - expected.pairSimilarity) < 1e-9)
  }

  @Test("Fréchet and kernel distance")
  func distances() throws {
    let (reals, generated) = (expected.realFeatures, expected.generatedFeatures)
    let frechet = FeatureMoments(of: generated).frechetDistance(to: FeatureMoments(of: reals))
    #expect(abs(frechet - expected.frechet) < 1e-9)
    let kernel = try KernelDistance(
      of: generated, and: reals, subsetCount: 100, largestSubset: 50, seed: expected.seed,
      over: alone)
    #expect(kernel.subsetCount == 100 && kernel.subsetSize == 50)
    #expect(abs(kernel.mean - expected.kernel) < 1e-9)
    #expect(abs(kernel.deviation - expected.kernelDeviation) < 1e-9)
  }

  @Test("precision, recall, density and coverage")
  func coverage() throws {
    let found = try Coverage(
      of: expected.generatedFeatures, among: expected.realFeatures, over: alone)
    for part in [\Coverage.precision, \.recall, \.density, \.coverage] {
      #expect(abs(found[keyPath: part] - expected.coverage[keyPath: part]) < 1e-12)
    }
  }
}
