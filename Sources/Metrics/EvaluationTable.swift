import Foundation
import Wording

extension Evaluation {
  /// The figures for people: a row a metric, with the real images' own figures beside it and the
  /// counts that they were found from; and below, how to read them.
  public var table: String {
    let header = ["", "generated", "real", "from"]
    let rows = [header] + slicedWassersteinRows + pairSimilarityRows + featureRows
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      let padded = (0..<3).map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }
      return (padded + [row[3]]).joined(separator: "  ")
    }
    return (lines + notes.map { "\n" + $0 }).joined(separator: "\n")
  }

  private var slicedWassersteinRows: [[String]] {
    guard let distance = slicedWasserstein else { return [] }
    let halves = reference.slicedWasserstein
    let bound = slicedWassersteinBound(reference).rawValue
    func row(_ name: String, _ value: Double, _ real: Double?, _ counts: String) -> [String] {
      [
        "sliced Wasserstein × 1000, \(name)", String(format: "%.2f", value),
        real.map { bound + String(format: "%.2f", $0) } ?? "", counts,
      ]
    }
    let counts =
      "\(distance.imageCount) of each"
      + (halves.map { "; real: two halves of \($0.imageCount)" } ?? "")
    return distance.levels.enumerated().map { index, level in
      row("\(level.size) pixels", level.distance, halves?.levels[index].distance, "")
    } + [row("average", distance.average, halves?.average, counts)]
  }

  private var pairSimilarityRows: [[String]] {
    guard let generated = pairSimilarity else { return [] }
    func text(_ similarity: PairSimilarity) -> String {
      String(format: "%.4f", similarity.mean)
        + (similarity.standardError.map { String(format: " ± %.4f", $0) } ?? "")
    }
    func counts(_ similarity: PairSimilarity) -> String {
      "\(similarity.pairCount.counted("pair")) of \(similarity.imageCount)"
    }
    let reals = reference.pairSimilarity
    return [
      [
        "MS-SSIM between pairs (± standard error)", text(generated), reals.map(text) ?? "",
        counts(generated) + (reals.map { "; real: " + counts($0) } ?? ""),
      ]
    ]
  }

  private var featureRows: [[String]] {
    guard let features else { return [] }
    let halves = reference.features
    func counts(_ text: (FeatureComparison) -> String) -> String {
      text(features) + (halves.map { "; real: " + text($0) } ?? "")
    }
    let images = counts { "\($0.generatedCount) and \($0.realCount)" }
    var rows: [[String]] = []
    if let distance = features.frechetDistance {
      rows.append([
        features.frechetName, String(format: "%.4g", distance),
        halves?.frechetDistance.map {
          frechetBound(reference).rawValue + String(format: "%.4g", $0)
        } ?? "", images,
      ])
    }
    if let distance = features.kernelDistance {
      func text(_ distance: KernelDistance) -> String {
        String(format: "%.3g", distance.mean)
          + (distance.subsetCount > 1 ? String(format: " ± %.1g", distance.deviation) : "")
      }
      rows.append([
        features.kernelName + " (± deviation of subsets)", text(distance),
        halves?.kernelDistance.map(text) ?? "",
        counts {
          $0.kernelDistance.map { "\($0.subsetCount.counted("subset")) of \($0.subsetSize)" } ?? ""
        },
      ])
    }
    guard let coverage = features.coverage else { return rows }
    return rows
      + [
        ("precision", \Coverage.precision, .equal), ("recall", \.recall, .equal),
        ("density", \.density, .equal), ("coverage", \.coverage, coverageBound(reference)),
      ].map { (name: String, value: KeyPath<Coverage, Double>, bound: ReferenceBound) in
        [
          "\(name) (\(features.extractor))", String(format: "%.3f", coverage[keyPath: value]),
          halves?.coverage.map {
            bound.rawValue + String(format: "%.3f", $0[keyPath: value])
          } ?? "", images,
        ]
      }
  }

  private var notes: [String] {
    let bounds = [
      slicedWassersteinBound(reference), frechetBound(reference), coverageBound(reference),
    ]
    return [
      bounds.allSatisfy { $0 == .equal }
        ? nil
        : "≤, ≥: one half of the real images beside the other; beside as many as for the generated "
          + "ones, the figure would be at most, or at least, this",
      features?.frechetWarning,
    ].compactMap(\.self)
  }
}
