import Foundation
import GANs
import Training

/// The results of a comparison: a row a model, after one of what real portraits measure.
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

  /// Two tables in Markdown, of what came of the runs and of what they took, the best in bold.
  public var markdown: String {
    let reals =
      ["real portraits"]
      + qualities.map { quantity in
        SeedSpread(of: [quantity.ofReals(baseline)].compactMap(\.self))
          .map { Self.text($0, quantity) } ?? ""
      }
    let measured = Self.markdown(
      ["model"] + qualities.map(\.heading),
      [reals] + rows(of: qualities))
    let costs = Self.markdown(
      ["model", "runs"] + ComparedQuantity.costs.map(\.heading),
      zip(models, rows(of: ComparedQuantity.costs)).map { model, row in
        [row[0], "\(model.results.count)"] + row.dropFirst()
      })
    return measured + "\n\n" + costs
  }

  /// Everything in one table, values separated by commas: of each quantity the mean, the lowest and the
  /// highest over a model's runs.
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
      let spreads = models.map { SeedSpread(of: $0.results.compactMap(quantity.ofRun)) }
      let best = quantity.best(
        of: spreads.map { $0?.mean }, real: quantity.ofReals(baseline))
      return spreads.indices.map { index -> String in
        guard let spread = spreads[index] else { return "" }
        let text = Self.text(spread, quantity)
        return index == best ? "**\(text)**" : text
      }
    }
    return models.indices.map { index in
      ["`\(models[index].name)`"] + columns.map { $0[index] }
    }
  }

  private static func text(_ spread: SeedSpread, _ quantity: ComparedQuantity) -> String {
    let text = spread.text(decimals: quantity.decimals)
    return Int(text)?.grouped ?? text
  }

  private static func markdown(_ header: [String], _ rows: [[String]]) -> String {
    let rule = ["---"] + Array(repeating: "--:", count: header.count - 1)
    return ([header, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }
      .joined(separator: "\n")
  }
}
