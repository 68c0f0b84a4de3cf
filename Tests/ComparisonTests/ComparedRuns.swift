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

  /// What two halves of the real portraits measure.
  static func baseline() throws -> RealBaseline {
    let json = """
      {"nearestDistance": 33, "evaluation": \(figures(scale: 0.5, similarity: 0.2, counts: 45, 45)),
       "curveReference": {"imageCount": 45, "levels": [{"size": 32, "distance": 10}]}}
      """
    return try JSONDecoder().decode(RealBaseline.self, from: Data(json.utf8))
  }

  private static func evaluation(scale: Double, similarity: Double) throws -> Evaluation {
    let json = figures(scale: scale, similarity: similarity, counts: 100, 90)
    return try JSONDecoder().decode(Evaluation.self, from: Data(json.utf8))
  }

  private static func figures(
    scale: Double, similarity: Double, counts generated: Int, _ real: Int
  ) -> String {
    """
    {"generatedCount": \(generated), "realCount": \(real), "imageSize": 32, "seed": 1,
     "reference": {},
     "slicedWasserstein": {"imageCount": \(min(generated, real)), "levels": [
         {"size": 32, "distance": \(20 * scale)}, {"size": 16, "distance": \(40 * scale)}]},
     "pairSimilarity": {"mean": \(similarity), "standardError": 0.01, "pairCount": 300,
       "imageCount": 100},
     "features": {"extractor": "random convolutions", "frechetName": "Fréchet distance",
       "kernelName": "kernel distance", "featureCount": 8,
       "generatedCount": \(generated), "realCount": \(real), "frechetDistance": \(7 * scale),
       "kernelDistance": {"mean": \(0.003 * scale), "deviation": 0.001, "subsetCount": 1,
         "subsetSize": 90},
       "coverage": {"precision": \(0.4 * scale), "recall": \(0.3 * scale),
         "density": \(0.2 * scale), "coverage": \(0.1 * scale)}}}
    """
  }
}
