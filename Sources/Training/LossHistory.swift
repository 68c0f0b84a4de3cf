import Foundation

/// The losses of a run, of this program or of another, to be drawn beside others.
public struct LossHistory: Sendable, Equatable {
  public struct Point: Sendable, Equatable {
    /// Steps done; nil where only epochs are known.
    public var step: Int?
    /// Passes over the data set done, with a fraction.
    public var epoch: Double
    public var discriminatorLoss: Float
    public var generatorLoss: Float
  }

  public private(set) var points: [Point]

  /// Reads the log of the run in a folder, or a table in a file of comma-separated values.
  ///
  /// The first line of a table names its columns: `epoch`, `discriminator_loss` or `d_loss`, and
  /// `generator_loss` or `g_loss`; `step` may be one of them. Others are not read.
  /// - Throws: ``TrainingError`` if it cannot be read, or there is nothing in it.
  public init(readingFrom path: String) throws {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isThere && !isFolder.boolValue {
      points = try Self.table(in: path)
    } else {
      points = try LossRecord.log(of: path).map {
        Point(
          step: $0.step, epoch: $0.epoch, discriminatorLoss: $0.discriminatorLoss,
          generatorLoss: $0.generatorLoss)
      }
    }
  }

  /// The means of each epoch, at its end.
  public var epochMeans: [Point] {
    let epochs = Dictionary(grouping: points) { max(1, $0.epoch.rounded(.up)) }
    return epochs.sorted { $0.key < $1.key }.map { epoch, points in
      func mean(_ loss: KeyPath<Point, Float>) -> Float {
        points.reduce(0) { $0 + $1[keyPath: loss] } / Float(points.count)
      }
      return Point(
        step: points.last?.step, epoch: epoch, discriminatorLoss: mean(\.discriminatorLoss),
        generatorLoss: mean(\.generatorLoss))
    }
  }

  private static func table(in path: String) throws -> [Point] {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw TrainingError(.badData, "\(path) is no text that can be read; name a table or a run")
    }
    let lines = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
    func column(_ names: String...) throws -> Int {
      guard let column = lines.first?.firstIndex(where: names.contains) else {
        throw TrainingError(
          .badData,
          "\(path) has no column \(names.joined(separator: " or ")) in its first line; name it so")
      }
      return column
    }
    let epoch = try column("epoch")
    let discriminatorLoss = try column("discriminator_loss", "d_loss")
    let generatorLoss = try column("generator_loss", "g_loss")
    let step = lines[0].firstIndex(of: "step")
    let points = try zip(2..., lines.dropFirst()).map { number, fields in
      func value<Value: LosslessStringConvertible>(_ column: Int) throws -> Value {
        guard column < fields.count, let value = Value(fields[column]) else {
          throw TrainingError(
            .badData, "\(path), line \(number): column \(lines[0][column]) holds no number; mend it"
          )
        }
        return value
      }
      return Point(
        step: try step.map { try value($0) }, epoch: try value(epoch),
        discriminatorLoss: try value(discriminatorLoss), generatorLoss: try value(generatorLoss))
    }
    guard !points.isEmpty else {
      throw TrainingError(.badData, "\(path) holds no line of losses; name another table")
    }
    return points
  }
}
