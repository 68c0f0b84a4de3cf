import Files
import Foundation
import GANs
import Pictures

/// The losses of a run: every step in `log.jsonl` and `losses.csv`, and the charts drawn from them.
final class LossLog {
  private let run: RunDirectory
  private let jsonLines: LineFile
  private let table: LineFile
  private let columns: LossTable
  private let lossUnit: String
  private var discriminatorLosses: [ChartSeries.Point] = []
  private var generatorLosses: [ChartSeries.Point] = []
  private var stability = StabilityCurves()
  private let encoder = JSONEncoder()

  /// Opens the logs of `run`, which trains `gan`, behind the lines of the first `step` steps; later
  /// lines, which an interrupted run left behind its last checkpoint, are dropped.
  ///
  /// A line of `log.jsonl` that is no record, whoever wrote it, goes the way of the one before it,
  /// unless it is the last and so may be the beginning of one.
  init(_ run: RunDirectory, of gan: GAN, continuingAfter step: Int) throws {
    self.run = run
    columns = LossTable(for: gan)
    lossUnit = gan.recipe.objective.lossUnit
    encoder.outputFormatting = [.sortedKeys]

    let decoder = JSONDecoder()
    var kept: [LossRecord] = []
    var isWithinSteps = step > 0
    try Self.keepLines(of: run.log) { line, isLast in
      if let skipped = try? decoder.decode(SkippedUpdates.self, from: line) {
        isWithinSteps = skipped.step <= step
        return isWithinSteps ? line : nil
      }
      guard let record = try? decoder.decode(LossRecord.self, from: line) else {
        return isWithinSteps && !isLast ? line : nil
      }
      isWithinSteps = record.step <= step
      if isWithinSteps { kept.append(record) }
      return isWithinSteps ? line : nil
    }
    let columns = columns
    try Self.keepLines(of: run.losses, header: columns.header) { line, _ in
      let line = String(decoding: line, as: UTF8.self)
      guard let number = Int(line.prefix { $0 != "," }), number <= step else { return nil }
      return Data(columns.completed(line).utf8)
    }
    jsonLines = try LineFile(appendingTo: run.log)
    table = try LineFile(appendingTo: run.losses)
    kept.forEach(remember)
  }

  /// Writes a line of each log, after those that could not be written before.
  func append(_ record: LossRecord) throws {
    remember(record)
    let line = Result { try jsonLines.append(encoder.encode(record)) }
    try table.append(Data(columns.line(of: record).utf8))
    try line.get()
  }

  /// Notes down a step that has no losses, in `log.jsonl` alone.
  func append(_ skipped: SkippedUpdates) throws {
    try jsonLines.append(encoder.encode(skipped))
  }

  /// Returns when all lines are on disk, where a power cut leaves them.
  func sync() throws {
    let lines = Result { try jsonLines.sync() }
    try table.sync()
    try lines.get()
  }

  /// Draws the learning curve, and the chart of what tells whether training is stable; each as a
  /// picture and as a drawing.
  func drawCharts(title: String) throws {
    let chart = Chart(
      title: title, xLabel: "epoch", yLabel: "loss (\(lossUnit))",
      series: [
        ChartSeries(name: "discriminator", color: .blue, points: discriminatorLosses),
        ChartSeries(name: "generator", color: .vermilion, points: generatorLosses),
      ])
    try chart.writePNG(to: run.lossChart)
    try chart.writeSVG(to: run.lossDrawing)
    let stability = stability.charts(title: title)
    try stability.writePNG(to: run.stabilityChart)
    try stability.writeSVG(to: run.stabilityDrawing)
  }

  private func remember(_ record: LossRecord) {
    discriminatorLosses.append((record.epoch, Double(record.discriminatorLoss)))
    generatorLosses.append((record.epoch, Double(record.generatorLoss)))
    stability.append(record)
  }

  /// Rewrites the file at `path`, if there is one, with what becomes of each line behind `header`;
  /// nil drops a line.
  private static func keepLines(
    of path: String, header: String? = nil,
    transformedBy transform: (_ line: Data, _ isLast: Bool) -> Data?
  ) throws {
    var contents = Data()
    var status = stat()
    if stat(path, &status) == 0 {
      // A device, such as /dev/null, holds no lines to keep, and is not to be replaced.
      guard status.st_mode & S_IFMT != S_IFCHR else { return }
      do {
        contents = try Data(contentsOf: URL(fileURLWithPath: path))
      } catch {
        throw TrainingError(
          .inputOutput, "\(path) cannot be read (\(systemReason(of: error))); check its permissions"
        )
      }
    }
    let newline = UInt8(ascii: "\n")
    var kept = header.map { Data("\($0)\n".utf8) } ?? Data()
    let lines = contents.split(separator: newline)
    for (index, line) in lines.enumerated() {
      guard let line = transform(line, index == lines.count - 1) else { continue }
      kept += line
      kept.append(newline)
    }
    guard kept != contents else { return }
    do {
      try NewFile.write(kept, to: path)
    } catch {
      throw TrainingError.unwritable(path, because: error)
    }
  }
}
