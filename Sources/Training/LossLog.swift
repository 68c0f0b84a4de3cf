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
  init(_ run: RunDirectory, continuingAfter step: Int) throws {
    self.run = run
    encoder.outputFormatting = [.sortedKeys]

    let kept = try Self.keepLines(of: run.log) { line -> LossRecord? in
      guard let record = try? JSONDecoder().decode(LossRecord.self, from: Data(line.utf8)) else {
        return nil
      }
      return record.step <= step ? record : nil
    }
    _ = try Self.keepLines(of: run.losses, header: Self.columns) { line -> Int? in
      Int(line.prefix { $0 != "," }).flatMap { $0 <= step ? $0 : nil }
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

  /// Rewrites the file at `path`, if there is one, with only the lines for which `parse` returns a
  /// value.
  private static func keepLines<Value>(
    of path: String, header: String? = nil, parse: (Substring) -> Value?
  ) throws -> [Value] {
    var text = ""
    var status = stat()
    // A device, such as /dev/null, holds no lines to keep.
    if stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFCHR {
      do {
        text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
      } catch {
        throw TrainingError(
          .inputOutput, "\(path) cannot be read (\(reason(of: error))); check its permissions")
      }
    }
    var values: [Value] = []
    var lines = header.map { [Substring($0)] } ?? []
    for line in text.split(separator: "\n") {
      guard let value = parse(line) else { continue }
      values.append(value)
      lines.append(line)
    }
    let kept = lines.map { $0 + "\n" }.joined()
    if kept != text {
      do {
        try Data(kept.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw TrainingError.unwritable(path, because: error)
      }
    }
    return values
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
