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
  private let objective: any Objective
  private var drawn: DrawnRecords
  private let encoder = JSONEncoder()

  /// Opens the logs of `run`, which trains `gan`, behind the lines of the first `step` steps; later
  /// lines, which an interrupted run left behind its last checkpoint, are dropped.
  ///
  /// A line of `log.jsonl` that is no record, whoever wrote it, goes the way of the one before it,
  /// unless it is the last and so may be the beginning of one.
  init(_ run: RunDirectory, of gan: GAN, continuingAfter step: Int) throws {
    self.run = run
    columns = LossTable(for: gan)
    objective = gan.recipe.objective
    encoder.outputFormatting = [.sortedKeys]

    let decoder = JSONDecoder()
    var drawn = DrawnRecords()
    try Self.rewrite(run.log) { lines in
      let kept = lines.prefix(Self.countOfLines(in: lines, before: step, by: decoder))
      for line in kept { drawn.append(try? decoder.decode(LossRecord.self, from: line)) }
      return Array(kept)
    }
    self.drawn = drawn
    let columns = columns
    try Self.rewrite(run.losses) { lines in
      let rows = lines.compactMap { line in
        let row = String(decoding: line, as: UTF8.self)
        guard let number = Int(row.prefix { $0 != "," }), number <= step else {
          return nil as Data?
        }
        return Data(columns.completed(row).utf8)
      }
      return [Data(columns.header.utf8)] + rows
    }
    jsonLines = try LineFile(appendingTo: run.log)
    table = try LineFile(appendingTo: run.losses)
  }

  /// Writes a line of each log, after those that could not be written before.
  func append(_ record: LossRecord) throws {
    drawn.append(record)
    let line = Result { try jsonLines.append(encoder.encode(record)) }
    try table.append(Data(columns.line(of: record).utf8))
    try line.get()
  }

  /// Notes down a step that has no losses, in `log.jsonl` alone.
  func append(_ skipped: SkippedUpdates) throws {
    drawn.append(nil)
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
      title: title, xLabel: "epoch", yLabel: "loss (\(objective.lossUnit))",
      series: [
        ChartSeries(
          name: "discriminator", color: .blue, points: drawn.curve { $0.discriminatorLoss }),
        ChartSeries(name: "generator", color: .vermilion, points: drawn.curve { $0.generatorLoss }),
      ])
    try chart.writePNG(to: run.lossChart)
    try chart.writeSVG(to: run.lossDrawing)
    let stability = StabilityCurves(drawn: drawn, logitMeaning: objective.logitMeaning)
      .charts(title: title)
    try stability.writePNG(to: run.stabilityChart)
    try stability.writeSVG(to: run.stabilityDrawing)
  }

  /// Returns how many of `lines` of a log tell of the first `step` steps; the search begins at the
  /// end, where it has not far to go.
  private static func countOfLines(
    in lines: [Data], before step: Int, by decoder: JSONDecoder
  ) -> Int {
    func number(of line: Data) -> Int? {
      (try? decoder.decode(SkippedUpdates.self, from: line).step)
        ?? (try? decoder.decode(LossRecord.self, from: line).step)
    }
    guard step > 0, let last = lines.last else { return 0 }
    // Half a line may be all that is left of the next step.
    var count = number(of: last) == nil ? lines.count - 1 : lines.count
    for (index, line) in lines.prefix(count).enumerated().reversed() {
      guard let number = number(of: line) else { continue }
      if number <= step { break }
      count = index
    }
    return count
  }

  /// Rewrites the file at `path` with what `transform` makes of its lines, if that is something
  /// else; where there is no file, there are no lines.
  private static func rewrite(_ path: String, _ transform: ([Data]) -> [Data]) throws {
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
    var kept = Data()
    for line in transform(contents.split(separator: newline)) {
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
