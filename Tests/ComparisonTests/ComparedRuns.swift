import Comparison
import Foundation
import GANs
import Metrics
import Testing

/// Results that a test can foretell everything of.
enum ComparedRuns {
  /// A result whose measurements are all multiples of `scale`.
  static func result(
    _ model: ModelName, seed: UInt64 = 1, scale: Double, similarity: Double = 0.2
  ) throws -> RunResult {
    RunResult(
      model: model, seed: seed, step: 1000, images: 64_000, generatorParameters: 3_576_704,
      discriminatorParameters: 2_765_568, trainingSeconds: 320 * scale,
      evaluation: try evaluation(scale: scale, similarity: similarity),
      nearestDistance: 30 * scale, closest: [])
  }

  static func baseline() throws -> RealBaseline {
    let evaluation = try evaluation(scale: 0.5, similarity: 0.2)
    return RealBaseline(
      evaluation: evaluation, nearestDistance: 33,
      curveReference: try #require(evaluation.slicedWasserstein))
  }

  private static func evaluation(scale: Double, similarity: Double) throws -> Evaluation {
    let json = """
      {"generatedCount": 100, "realCount": 90, "imageSize": 32, "seed": 1, "reference": {},
       "slicedWasserstein": {"imageCount": 90, "levels": [
         {"size": 32, "distance": \(20 * scale)}, {"size": 16, "distance": \(40 * scale)}]},
       "pairSimilarity": {"mean": \(similarity), "standardError": 0.01, "pairCount": 300,
         "imageCount": 100},
       "features": {"extractor": "random convolutions", "frechetName": "Fréchet distance",
         "kernelName": "kernel distance", "featureCount": 8, "generatedCount": 100,
         "realCount": 90, "frechetDistance": \(7 * scale),
         "kernelDistance": {"mean": \(0.003 * scale), "deviation": 0.001, "subsetCount": 1,
           "subsetSize": 90},
         "coverage": {"precision": \(0.4 * scale), "recall": \(0.3 * scale),
           "density": \(0.2 * scale), "coverage": \(0.1 * scale)}}}
      """
    return try JSONDecoder().decode(Evaluation.self, from: Data(json.utf8))
  }
}
