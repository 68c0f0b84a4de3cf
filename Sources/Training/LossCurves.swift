import Foundation
import Pictures

/// The losses of several runs against their steps, to be drawn on one chart.
public struct LossCurves {
  /// One of the two networks, whose loss a curve shows.
  public enum Network: String, Sendable, CaseIterable {
    case discriminator, generator
  }

  /// One run: what it is called on the chart, and what it logged.
  public struct Run: Sendable {
    public var name: String
    public var records: [LossRecord]

    public init(name: String, records: [LossRecord]) {
      self.name = name
      self.records = records
    }

    /// Reads the log of the run in `folder`.
    /// - Throws: ``TrainingError`` if there is none, or nothing in it.
    public init(name: String, readingFrom folder: String) throws {
      let path = RunDirectory(path: folder).log
      guard let data = FileManager.default.contents(atPath: path) else {
        throw TrainingError(.badData, "there is no \(path); name the directory of a run")
      }
      let decoder = JSONDecoder()
      records = data.split(separator: UInt8(ascii: "\n"))
        .compactMap { try? decoder.decode(LossRecord.self, from: $0) }
      guard !records.isEmpty else {
        throw TrainingError(.badData, "\(path) holds no line of a log; name another run")
      }
      self.name = name
    }
  }

  private static let colors = [ChartColor.blue, .vermilion, .green, .purple]

  /// The largest number of curves that can be told apart.
  public static let largestCount = colors.count

  /// Returns what the runs in `folders` are called on a chart: the last part of each path, or the
  /// whole paths where two end alike.
  public static func names(of folders: [String]) -> [String] {
    let names = folders.map { URL(fileURLWithPath: $0).lastPathComponent }
    return Set(names).count == names.count ? names : folders
  }

  private let curves: [(run: Run, network: Network)]

  /// - Throws: ``TrainingError`` if these are too many curves for one chart.
  public init(of networks: [Network], in runs: [Run]) throws {
    curves = networks.flatMap { network in runs.map { ($0, network) } }
    guard curves.count <= Self.largestCount else {
      throw TrainingError(
        .usage,
        "\(curves.count) curves are too many for one chart of at most \(Self.largestCount); name "
          + "fewer runs, or one --loss")
    }
  }

  /// Draws the curves as a PNG.
  /// - Throws: `ChartError` if it cannot be written.
  public func writePNG(to path: String, title: String) throws {
    let series = zip(curves, Self.colors).map { curve, color in
      ChartSeries(
        name: "\(curve.network) \(curve.run.name)", color: color,
        points: curve.run.records.map { record in
          let loss =
            switch curve.network {
            case .discriminator: record.discriminatorLoss
            case .generator: record.generatorLoss
            }
          return (Double(record.step), Double(loss))
        })
    }
    try Chart(title: title, xLabel: "step", yLabel: "loss", series: series)
      .writePNG(to: path)
  }
}
