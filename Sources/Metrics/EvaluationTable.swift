import Foundation
import Wording

extension Evaluation {
  /// The figures for people: one row per metric, with the real images' own figures beside it and
  /// the counts that the first were found from; and below, how to read them. At most 100 columns
  /// wide.
  public var table: String {
    var table = TextTable(["", "generated", "real", "generated from"], wordColumns: [0, 3])
    for row in slicedWassersteinRows + pairSimilarityRows + featureRows { table.append(row) }
    return ([table.description] + notes.map { $0.wrapped(to: 100) }).joined(separator: "\n\n")
  }

  private var slicedWassersteinRows: [[String]] {
    guard let distance = slicedWasserstein else { return [] }
    let halves = reference.slicedWasserstein
    let bound = slicedWassersteinBound(reference).rawValue
    func row(_ name: String, _ value: Double, _ real: Double?) -> [String] {
      [
        "sliced Wasserstein × 1000, \(name)", String(format: "%.2f", value),
        real.map { bound + String(format: "%.2f", $0) } ?? "", "\(distance.imageCount) of each",
      ]
    }
    return distance.levels.enumerated().map { index, level in
      row("\(level.size) pixels", level.distance, halves?.levels[index].distance)
    } + [row("average", distance.average, halves?.average)]
  }

  private var pairSimilarityRows: [[String]] {
    guard let generated = pairSimilarity else { return [] }
    func text(_ similarity: PairSimilarity) -> String {
      String(format: "%.4f", similarity.mean)
        + (similarity.standardError.map { String(format: " ± %.4f", $0) } ?? "")
    }
    return [
      [
        "MS-SSIM between pairs", text(generated), reference.pairSimilarity.map(text) ?? "",
        generated.counts,
      ]
    ]
  }

  private var featureRows: [[String]] {
    guard let features else { return [] }
    let halves = reference.features
    let images = "\(features.generatedCount) and \(features.realCount)"
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
        features.kernelName, text(distance), halves?.kernelDistance.map(text) ?? "",
        distance.counts,
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
    [realNote, deviationNote, boundNote, features?.frechetWarning].compactMap(\.self)
  }

  /// What the figures of real images were found from.
  private var realNote: String? {
    let half = reference.slicedWasserstein?.imageCount ?? reference.features?.generatedCount
    let parts = [
      half.map { "one half beside the other, \($0) and \($0)" },
      reference.features?.kernelDistance.map { "\(features?.kernelName ?? ""): \($0.counts)" },
      reference.pairSimilarity.map { "MS-SSIM: \($0.counts)" },
    ].compactMap(\.self)
    return parts.isEmpty ? nil : "real: " + parts.joined(separator: "; ")
  }

  private var deviationNote: String? {
    let parts = [
      pairSimilarity?.standardError == nil ? nil : "of MS-SSIM the standard error",
      features?.kernelDistance.flatMap {
        $0.subsetCount > 1 ? "of the \(features?.kernelName ?? "") the deviation of subsets" : nil
      },
    ].compactMap(\.self)
    return parts.isEmpty ? nil : "±: " + parts.joined(separator: ", ")
  }

  private var boundNote: String? {
    let bounds = [
      slicedWassersteinBound(reference), frechetBound(reference), coverageBound(reference),
    ]
    return bounds.allSatisfy { $0 == .equal }
      ? nil
      : "≤, ≥: beside as many real images as for the generated ones, the figure would be at most, "
        + "or at least, this"
  }
}

extension PairSimilarity {
  fileprivate var counts: String { "\(pairCount.counted("pair")) of \(imageCount)" }
}

extension KernelDistance {
  fileprivate var counts: String { "\(subsetCount.counted("subset")) of \(subsetSize)" }
}
