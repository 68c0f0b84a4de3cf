import Foundation
import Training

/// Values kept in files of JSON.
enum JSONFile {
  /// Returns the value in the file at `path`; nil if there is none, or another.
  static func read<Value: Decodable>(_ path: String) -> Value? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return FileManager.default.contents(atPath: path).flatMap {
      try? decoder.decode(Value.self, from: $0)
    }
  }

  /// Writes `value` to a file that appears under its name only when it is complete.
  /// - Throws: ``TrainingError`` if it cannot be written.
  static func write(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do {
      try encoder.encode(value).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw TrainingError.unwritable(path, because: error)
    }
  }
}
