import Foundation
import Pictures

/// The losses of several runs, to be drawn on one chart.
public struct LossCurves {
  /// One of the two networks, whose loss a curve shows.
  public enum Network: String, Sendable, CaseIterable {
    case discriminator, generator
  }

  /// What losses are drawn against.
  public enum Axis: String, Sendable, CaseIterable {
    /// Every loss, against the number of steps.
    case step
    /// The means of epochs, against their number.
    case epoch
  }

  private static let colors = [ChartColor.blue, .vermilion, .green, .purple]

  /// Returns what the runs at `paths` are called on a chart: the last part of each path, without
  /// its extension, or the whole paths where two end alike.
  public static func names(of paths: [String]) -> [String] {
    let names = paths.map {
      URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent
    }
    return Set(names).count == names.count ? names : paths
  }

  private let axis: Axis
  private let series: [ChartSeries]

  /// - Throws: ``TrainingError`` if these are too many curves for one chart, or the steps of a run
  ///   are not known.
  public init(
    of networks: [Network], in runs: [(name: String, history: LossHistory)], against axis: Axis
  ) throws {
    let curves = networks.flatMap { network in runs.map { (network: network, run: $0) } }
    guard curves.count <= Self.colors.count else {
      throw TrainingError(
        .usage,
        "\(curves.count) curves are too many for one chart of at most \(Self.colors.count); name "
          + "fewer runs, or one --loss")
    }
    self.axis = axis
    series = try zip(curves, Self.colors).map { curve, color in
      ChartSeries(
        name: "\(curve.network) \(curve.run.name)", color: color,
        points: try Self.points(of: curve.network, in: curve.run, against: axis))
    }
  }

  private static func points(
    of network: Network, in run: (name: String, history: LossHistory), against axis: Axis
  ) throws -> [(x: Double, y: Double)] {
    func loss(_ point: LossHistory.Point) -> Double {
      Double(network == .discriminator ? point.discriminatorLoss : point.generatorLoss)
    }
    switch axis {
    case .epoch: return run.history.epochMeans.map { ($0.epoch, loss($0)) }
    case .step:
      return try run.history.points.map { point in
        guard let step = point.step else {
          throw TrainingError(
            .usage, "\(run.name) has no column step; draw it --against epoch")
        }
        return (Double(step), loss(point))
      }
    }
  }

  /// Draws the curves as a PNG.
  /// - Throws: `ChartError` if it cannot be written.
  public func writePNG(to path: String, title: String) throws {
    let yLabel = axis == .epoch ? "loss, mean of an epoch" : "loss"
    try Chart(title: title, xLabel: axis.rawValue, yLabel: yLabel, series: series)
      .writePNG(to: path)
  }
}
