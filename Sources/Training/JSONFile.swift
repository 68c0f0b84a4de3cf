import Collectives
import Files
import Foundation

/// Values kept in files of JSON.
public enum JSONFile {
  /// Returns the value in the file at `path`; nil if there is no such file.
  /// - Throws: ``TrainingError`` if it cannot be read, or holds something else: who took that for
  ///   no file might write over what it holds.
  public static func read<Value: Decodable>(_ path: String) throws -> Value? {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch CocoaError.fileReadNoSuchFile {
      return nil
    } catch {
      throw TrainingError(
        .inputOutput,
        "cannot read \(path) (\(systemReason(of: error))); start again once it can be read")
    }
    do {
      return try JSONDecoder.ofAnyNumbers().decode(Value.self, from: data)
    } catch {
      throw TrainingError(
        .badData, "\(path) does not hold what it should; restore it, or move it away")
    }
  }

  /// Checks, before work that may take long, that a file could be made at `path`.
  /// - Parameter option: what the user named the place by.
  /// - Throws: ``TrainingError`` if the folder is not there, or may not be written to.
  public static func requirePlace(for path: String, option: String) throws {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard access(folder, W_OK | X_OK) == 0 else {
      throw TrainingError.unwritable(path, because: SystemError.last, option: option)
    }
  }

  /// Writes `value` to a file that appears under its name only when it is complete.
  /// - Parameter option: what the user named the place by.
  /// - Throws: ``TrainingError`` if it cannot be written.
  public static func write(
    _ value: some Encodable, to path: String, option: String = "--output"
  ) throws {
    let encoder = JSONEncoder.ofAnyNumbers(
      formatting: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    try write(encoded: encoder.encode(value), to: path, option: option)
  }

  /// Writes what is JSON already in the same way.
  public static func write(encoded: Data, to path: String, option: String = "--output") throws {
    do {
      try NewFile.write(encoded, to: path)
    } catch {
      throw TrainingError.unwritable(path, because: error, option: option)
    }
  }
}
