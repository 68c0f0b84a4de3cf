import Collectives
import CollectivesSupport
import Foundation
import Metrics
import Portraits
import Tensors
import Testing

@Suite("An evaluation")
struct EvaluatorTests {
  private static let reals = WavePictures(count: 20, imageSize: 32)
  private static let generated = WavePictures(count: 34, imageSize: 32, kind: 1)

  private static func evaluation(over communicator: any Communicator) throws -> Evaluation {
    try Evaluator(reals: reals, seed: 3, over: communicator).evaluate(generated)
  }

  @Test("is the same to the bit on 1, 2 and 4 ranks, some of which have nothing to do")
  func ranks() throws {
    let alone = try Self.evaluation(over: SoloCommunicator())
    for ranks in [2, 4] {
      let found = try InMemoryCommunicator.run(ranks: ranks) { try Self.evaluation(over: $0) }
      #expect(found.allSatisfy { $0 == alone }, "\(ranks) ranks")
    }
  }

  @Test("says what its figures were found from, and survives a file")
  func counts() throws {
    let found = try Self.evaluation(over: SoloCommunicator())
    #expect(found.generatedCount == 34 && found.realCount == 20 && found.imageSize == 32)
    #expect(found.slicedWasserstein?.imageCount == 20)
    #expect(found.reference.slicedWasserstein?.imageCount == 10)
    #expect(found.pairSimilarity?.imageCount == 34)
    #expect(found.reference.pairSimilarity?.imageCount == 20)
    #expect(found.reference.features?.generatedCount == 10)
    #expect(found.reference.features?.realCount == 10)
    #expect(found.reference.features?.coverage != nil)
    #expect(found.features?.generatedCount == 34 && found.features?.realCount == 20)
    #expect(found.features?.kernelDistance?.subsetSize == 20)
    #expect(found.table.contains("Fréchet distance (random convolutions)"))
    #expect(!found.table.contains("FID") && !found.table.contains("KID"))
    let copy = try JSONDecoder().decode(Evaluation.self, from: JSONEncoder().encode(found))
    #expect(copy == found)
  }

  @Test("measures what is asked for and nothing else")
  func choice() throws {
    let found = try Evaluator(reals: Self.reals, metrics: [.kernel], over: SoloCommunicator())
      .evaluate(Self.generated)
    #expect(found.slicedWasserstein == nil && found.pairSimilarity == nil)
    #expect(found.reference.slicedWasserstein == nil && found.reference.pairSimilarity == nil)
    for features in [found.features, found.reference.features] {
      #expect(features?.kernelDistance != nil)
      #expect(features?.frechetDistance == nil && features?.coverage == nil)
    }
  }

  @Test("measures the halves of real images as if one of them had been generated")
  func halves() throws {
    let alone = SoloCommunicator()
    let reals = WavePictures(count: 30, imageSize: 32)
    let reference = try Evaluator(reals: reals, seed: 3, over: alone).reference()
    let found = try Evaluator(reals: PartOfImages(reals, 0..<15), seed: 3, over: alone)
      .evaluate(PartOfImages(reals, 15..<30))
    // All but the last bits of features, which depend on the images that are looked at together.
    let distance = try #require(found.features?.frechetDistance)
    #expect(abs((reference.features?.frechetDistance ?? 0) - distance) < 1e-4 * distance)
    #expect(reference.features?.coverage == found.features?.coverage)
    #expect(reference.slicedWasserstein == found.slicedWasserstein)
  }

  @Test("says what halves are a bound of, by their counts")
  func bounds() throws {
    let alone = SoloCommunicator()
    let evaluator = Evaluator(reals: Self.reals, seed: 3, over: alone)
    for (count, distance, coverage) in [
      // Of 10 and 10: beside 34 and 20, 20 and 20 of each; beside 20 and 20; beside 12 and 20.
      (34, ReferenceBound.atMost, ReferenceBound.atLeast), (20, .atMost, .equal),
      (12, .atMost, .atMost),
    ] {
      let found = try evaluator.evaluate(PartOfImages(Self.generated, 0..<count))
      #expect(found.slicedWassersteinBound(found.reference) == distance, "\(count)")
      #expect(found.frechetBound(found.reference) == distance, "\(count)")
      #expect(found.coverageBound(found.reference) == coverage, "\(count)")
    }
  }

  @Test("fits a terminal of 100 columns, without blanks at the ends of lines, whatever the counts")
  func width() throws {
    var found = try Self.evaluation(over: SoloCommunicator())
    func expectFit() {
      for line in found.table.split(separator: "\n", omittingEmptySubsequences: false) {
        #expect(line.count <= 100 && line.last != " ", "\(line)")
      }
    }
    expectFit()
    #expect(found.table.contains("1 subset of 10"))
    #expect(!found.table.contains("1 subsets"))
    // The longest names, and as many images as evaluate makes.
    found.pairSimilarity = try JSONDecoder().decode(
      PairSimilarity.self,
      from: Data(
        #"{"mean": 0.1, "standardError": 0.01, "pairCount": 3375000, "imageCount": 1000000}"#.utf8))
    found.features?.extractor = InceptionV3.Variant.torchvision.rawValue
    found.features?.generatedCount = 1_000_000
    found.features?.realCount = 16_384
    expectFit()
  }

  @Test("warns of a Fréchet distance from fewer images than features")
  func warning() throws {
    let found = try Self.evaluation(over: SoloCommunicator())
    #expect(
      found.table.replacing("\n", with: " ")
        .contains("20 images have no full covariance of 480 features"))
  }

  @Test("ends on every rank where its caller throws, wherever that is")
  func stopped() throws {
    struct Stop: Error {}
    for last in [1, 3, 8, 20, 40] {
      let calls = try InMemoryCommunicator.run(ranks: 2) { communicator in
        var calls = 0
        do {
          _ = try Evaluator(reals: Self.reals, over: communicator) { _, _ in
            calls += 1
            if try communicator.isTrueAnywhere(calls == last && communicator.rank == 1) {
              throw Stop()
            }
          }.evaluate(Self.generated)
        } catch is Stop {}
        return calls
      }
      #expect(calls == [last, last])
    }
  }

  @Test("finds generated images that are the real ones at no distance")
  func perfection() throws {
    let found = try Evaluator(reals: Self.reals, over: SoloCommunicator()).evaluate(Self.reals)
    #expect(found.slicedWasserstein?.average == 0)
    #expect(found.pairSimilarity == found.reference.pairSimilarity)
    #expect(found.features?.coverage?.coverage == 1 && found.features?.coverage?.recall == 1)
    #expect(abs(found.features?.frechetDistance ?? 1) < 1e-6)
  }

  @Test("refuses features that are not numbers, on every rank")
  func brokenFeatures() {
    #expect(throws: FeatureError.notFinite(extractor: "broken")) {
      try InMemoryCommunicator.run(ranks: 2) { communicator in
        try Evaluator(
          reals: Self.reals, metrics: [.frechet], extractor: BrokenFeatures(), over: communicator
        ).evaluate(Self.generated)
      }
    }
  }

  @Test("takes the images of a data set in an order that belongs to the seed, each once")
  func order() {
    let source = InMemoryPortraits(
      imageSize: 2, pixels: (0..<40).flatMap { [UInt8](repeating: $0, count: 12) })
    func order(_ seed: UInt64, limit: Int? = nil) -> [UInt8] {
      let set = ShuffledPortraits(source, seed: seed, limit: limit)
      return (0..<set.count).map { set.pixels(of: $0..<$0 + 1)[11] }
    }
    #expect(order(1).sorted() == Array(0..<40))
    #expect(order(1) == order(1) && order(1) != order(2) && order(1) != order(1).sorted())
    #expect(order(1, limit: 7) == Array(order(1).prefix(7)))
  }
}

/// Features of which one is infinite.
private struct BrokenFeatures: FeatureExtractor {
  let name = "broken"
  let distanceNames = (frechet: "distance", kernel: "distance")
  let featureCount = 2

  func features(of images: Tensor) -> Tensor {
    Tensor(repeating: .infinity, shape: [images.shape[0], 2])
  }
}
