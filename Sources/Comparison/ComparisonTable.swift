import Foundation
import GANs
import Training
import Wording

/// The results of a comparison: one row per model, after one of what real portraits measure.
public struct ComparisonTable {
  private let models: [(name: String, results: [RunResult])]
  private let baseline: RealBaseline
  private let qualities: [ComparedQuantity]

  /// - Parameter results: of the runs that are finished; models have rows in the order of `models`.
  public init(of results: [RunResult], models: [ModelName], baseline: RealBaseline) {
    self.models = models.map { model in (model.rawValue, results.filter { $0.model == model }) }
      .filter { !$0.results.isEmpty }
    self.baseline = baseline
    qualities = ComparedQuantity.qualities(like: baseline)
  }

  /// Two tables in Markdown, of what came of the runs and of what they took, what is best beyond
  /// doubt in bold.
  public var markdown: String {
    let reals = ["real portraits", ""] + qualities.map(textOfReals)
    return Self.markdown(qualities, [reals] + rows(of: qualities)) + "\n\n"
      + Self.markdown(ComparedQuantity.costs, rows(of: ComparedQuantity.costs))
  }

  /// What a terminal of 80 columns has room for: the figures that say most.
  public var summary: String {
    let quantities = qualities.filter {
      ["swd_mean", "ms_ssim", "frechet", "recall"].contains($0.column)
    }
    var table = TextTable(["model", "runs"] + quantities.map(\.heading))
    table.append(["real portraits", ""] + quantities.map(textOfReals))
    for model in models {
      table.append(
        [model.name, "\(model.results.count)"]
          + quantities.map { quantity in
            SeedSpread(of: model.results.compactMap(quantity.ofRun))?
              .text(decimals: quantity.decimals) ?? ""
          })
    }
    return table.description
  }

  private func textOfReals(_ quantity: ComparedQuantity) -> String {
    guard let value = quantity.ofReals(baseline) else { return "" }
    let bound = models.first?.results.first.map { quantity.bound($0.evaluation, baseline) }
    return (bound?.rawValue ?? "") + String(format: "%.\(quantity.decimals)f", value)
  }

  /// Everything in one table, values separated by commas: of each quantity the mean, the lowest and
  /// the highest over a model's runs.
  public var commaSeparated: String {
    let quantities = ComparedQuantity.costs + qualities
    let header =
      ["model", "runs"]
      + quantities.flatMap { ["\($0.column)", "\($0.column)_lowest", "\($0.column)_highest"] }
    let reals =
      ["real", ""]
      + quantities.flatMap { quantity -> [String] in
        [quantity.ofReals(baseline).map { "\($0)" } ?? "", "", ""]
      }
    let rows = models.map { model in
      [model.name, "\(model.results.count)"]
        + quantities.flatMap { quantity -> [String] in
          guard let spread = SeedSpread(of: model.results.compactMap(quantity.ofRun)) else {
            return ["", "", ""]
          }
          return [spread.mean, spread.lowest, spread.highest].map { "\($0)" }
        }
    }
    return ([header, reals] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// Returns a row for each model.
  private func rows(of quantities: [ComparedQuantity]) -> [[String]] {
    let columns = quantities.map { quantity in
      let best = quantity.best(of: models.map(\.results), like: baseline)
      return models.enumerated().map { index, model in
        let text = Self.text(quantity, of: model.results)
        return index == best ? "**\(text)**" : text
      }
    }
    return models.enumerated().map { index, model in
      ["`\(model.name)`", "\(model.results.count)"] + columns.map { $0[index] }
    }
  }

  private static func text(_ quantity: ComparedQuantity, of results: [RunResult]) -> String {
    guard let spread = SeedSpread(of: results.compactMap(quantity.ofRun)) else { return "" }
    let text = spread.text(decimals: quantity.decimals)
    guard spread.count == 1, let error = results.lazy.compactMap(quantity.errorOfRun).first else {
      return Int(text)?.grouped ?? text
    }
    return text + String(format: " ± %.\(quantity.decimals)f s.e.", error)
  }

  private static func markdown(_ quantities: [ComparedQuantity], _ rows: [[String]]) -> String {
    let header = ["model", "runs"] + quantities.map(\.heading)
    let rule = ["---"] + Array(repeating: "--:", count: header.count - 1)
    return ([header, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }
}
