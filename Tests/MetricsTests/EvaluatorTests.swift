import Collectives
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
    #expect(found.reference == Evaluation.Reference())
    #expect(found.features?.kernelDistance != nil)
    #expect(found.features?.frechetDistance == nil && found.features?.coverage == nil)
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
