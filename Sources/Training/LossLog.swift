import Foundation
import Pictures

/// The losses of a run: every step in `log.jsonl` and `losses.csv`, and the learning curve drawn
/// from them.
final class LossLog {
  private let run: RunDirectory
  private let jsonLines: FileHandle
  private let table: FileHandle
  private var discriminatorLosses: [ChartSeries.Point] = []
  private var generatorLosses: [ChartSeries.Point] = []
  private let encoder = JSONEncoder()

  private static let columns =
    "step,epoch,images,discriminator_loss,generator_loss,real_score,fake_score,images_per_second"

  /// Opens the logs of `run` behind the lines of the first `step` steps; later lines, which an
  /// interrupted run left behind its last checkpoint, are dropped.
  ///
  /// A line of `log.jsonl` that is no record, whoever wrote it, goes the way of the one before it,
  /// unless it is the last and so may be the beginning of one.
  init(_ run: RunDirectory, continuingAfter step: Int) throws {
    self.run = run
    encoder.outputFormatting = [.sortedKeys]

    let decoder = JSONDecoder()
    var kept: [LossRecord] = []
    var isWithinSteps = step > 0
    try Self.keepLines(of: run.log) { line, isLast in
      guard let record = try? decoder.decode(LossRecord.self, from: line) else {
        return isWithinSteps && !isLast
      }
      isWithinSteps = record.step <= step
      if isWithinSteps { kept.append(record) }
      return isWithinSteps
    }
    try Self.keepLines(of: run.losses, header: Self.columns) { line, _ in
      let firstField = String(decoding: line.prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self)
      return Int(firstField).map { $0 <= step } ?? false
    }
    jsonLines = try Self.appending(to: run.log)
    table = try Self.appending(to: run.losses)
    kept.forEach(remember)
  }

  func append(_ record: LossRecord) throws {
    remember(record)
    try jsonLines.write(contentsOf: encoder.encode(record) + Data("\n".utf8))
    let fields: [any CustomStringConvertible] = [
      record.step, record.epoch, record.images, record.discriminatorLoss, record.generatorLoss,
      record.realScore, record.fakeScore, record.imagesPerSecond,
    ]
    let line = fields.map(\.description).joined(separator: ",") + "\n"
    try table.write(contentsOf: Data(line.utf8))
  }

  /// Draws the learning curve, as a picture and as a drawing.
  func drawChart(title: String) throws {
    let chart = Chart(
      title: title, xLabel: "epoch", yLabel: "loss (nats)",
      series: [
        ChartSeries(name: "discriminator", color: .blue, points: discriminatorLosses),
        ChartSeries(name: "generator", color: .vermilion, points: generatorLosses),
      ])
    try chart.writePNG(to: run.lossChart)
    try chart.writeSVG(to: run.lossDrawing)
  }

  private func remember(_ record: LossRecord) {
    discriminatorLosses.append((record.epoch, Double(record.discriminatorLoss)))
    generatorLosses.append((record.epoch, Double(record.generatorLoss)))
  }

  /// Rewrites the file at `path`, if there is one, with only the lines that are to be kept, byte for
  /// byte, behind `header`.
  private static func keepLines(
    of path: String, header: String? = nil, where isKept: (_ line: Data, _ isLast: Bool) -> Bool
  ) throws {
    var contents = Data()
    var status = stat()
    // A device, such as /dev/null, holds no lines to keep.
    if stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFCHR {
      do {
        contents = try Data(contentsOf: URL(fileURLWithPath: path))
      } catch {
        throw TrainingError(
          .inputOutput, "\(path) cannot be read (\(reason(of: error))); check its permissions")
      }
    }
    let newline = UInt8(ascii: "\n")
    var kept = header.map { Data("\($0)\n".utf8) } ?? Data()
    let lines = contents.split(separator: newline)
    for (index, line) in lines.enumerated() where isKept(line, index == lines.count - 1) {
      kept += line
      kept.append(newline)
    }
    guard kept != contents else { return }
    do {
      try kept.write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw TrainingError.unwritable(path, because: error)
    }
  }

  private static func appending(to path: String) throws -> FileHandle {
    do {
      if !FileManager.default.fileExists(atPath: path) {
        try Data().write(to: URL(fileURLWithPath: path))
      }
      let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try handle.seekToEnd()
      return handle
    } catch {
      throw TrainingError.unwritable(path, because: error)
    }
  }
}
