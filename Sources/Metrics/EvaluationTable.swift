import Foundation

extension Evaluation {
  /// The figures for people: a row a metric, with the real images' own figures beside it and the
  /// counts that they were found from.
  public var table: String {
    let header = ["", "generated", "real", "from"]
    let rows = [header] + slicedWassersteinRows + pairSimilarityRows + featureRows
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let padded = (0..<3).map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : space + row[column]
      }
      return (padded + [row[3]]).joined(separator: "  ")
    }.joined(separator: "\n")
  }

  private var slicedWassersteinRows: [[String]] {
    guard let distance = slicedWasserstein else { return [] }
    let halves = reference.slicedWasserstein
    func text(_ value: Double?) -> String { value.map { String(format: "%.2f", $0) } ?? "" }
    let levels = distance.levels.enumerated().map { index, level in
      [
        "sliced Wasserstein × 1000, \(level.size) pixels", text(level.distance),
        text(halves?.levels[index].distance), "",
      ]
    }
    let counts =
      "\(distance.imageCount) of each"
      + (halves.map { "; real: two halves of \($0.imageCount)" } ?? "")
    return levels + [
      ["sliced Wasserstein × 1000, average", text(distance.average), text(halves?.average), counts]
    ]
  }

  private var pairSimilarityRows: [[String]] {
    guard let generated = pairSimilarity else { return [] }
    func text(_ similarity: PairSimilarity) -> String {
      String(format: "%.4f", similarity.mean)
        + (similarity.standardError.map { String(format: " ± %.4f", $0) } ?? "")
    }
    func counts(_ similarity: PairSimilarity) -> String {
      "\(similarity.pairCount) pairs of \(similarity.imageCount)"
    }
    let reals = reference.pairSimilarity
    return [
      [
        "MS-SSIM between pairs", text(generated), reals.map(text) ?? "",
        counts(generated) + (reals.map { "; real: " + counts($0) } ?? ""),
      ]
    ]
  }

  private var featureRows: [[String]] {
    guard let features else { return [] }
    let counts = "\(features.generatedCount) and \(features.realCount)"
    var rows: [[String]] = []
    if let distance = features.frechetDistance {
      rows.append([features.frechetName, String(format: "%.4g", distance), "", counts])
    }
    if let distance = features.kernelDistance {
      rows.append([
        features.kernelName, String(format: "%.3g ± %.1g", distance.mean, distance.deviation), "",
        "\(distance.subsetCount) subsets of \(distance.subsetSize)",
      ])
    }
    if let coverage = features.coverage {
      for (name, value) in [
        ("precision", coverage.precision), ("recall", coverage.recall),
        ("density", coverage.density), ("coverage", coverage.coverage),
      ] {
        rows.append([
          "\(name) (\(features.extractor))", String(format: "%.3f", value), "", counts,
        ])
      }
    }
    return rows
  }
}
