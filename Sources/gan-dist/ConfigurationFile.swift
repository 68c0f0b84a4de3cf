import Foundation
import Training
import Yams

/// A YAML file of options, as `--config` names it: `batch-size: 32` stands for `--batch-size 32`,
/// and `flip: false` for `--no-flip`.
enum ConfigurationFile {
  /// One of the options in a file.
  struct Option {
    let name, value: String
    /// What says the same on a command line.
    let argument: String
    /// The file and the line, for messages.
    let place: String
  }

  private static let largestFile = 1 << 14

  /// Returns the options in the file at `path`, in their order.
  /// - Throws: ``TrainingError`` if the file cannot be read or is no mapping of options to scalars.
  static func options(in path: String) throws -> [Option] {
    let text: String
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      let data = try handle.read(upToCount: largestFile + 1) ?? Data()
      guard data.count <= largestFile else {
        throw TrainingError(.badData, "\(path) is too large for a file of options")
      }
      text = String(decoding: data, as: UTF8.self)
    } catch let error as TrainingError {
      throw error
    } catch {
      throw TrainingError(.badData, "the file of options \(path) cannot be read; check the path")
    }
    guard isPlain(text) else {
      throw TrainingError(
        .badData,
        "\(path) is too intricate for a file of options, which maps them to values, such as "
          + "`batch-size: 32`; leave out anchors, lists and mappings")
    }
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw TrainingError(.badData, "\(path) is not valid YAML: \(error)")
    }
    guard let node else { return [] }
    guard case .mapping(let mapping) = node else {
      throw TrainingError(.badData, "\(path) must map options to values, such as `batch-size: 32`")
    }
    return try mapping.map { key, value in
      let place = path + (key.mark.map { ", line \($0.line)" } ?? "")
      guard let name = key.scalar?.string, let scalar = value.scalar?.string else {
        throw TrainingError(
          .badData, "\(place): the value of \(key.scalar?.string ?? "an option") must be a scalar")
      }
      guard name != "config" else {
        throw TrainingError(.usage, "\(place): a file of options cannot name another with config")
      }
      guard flags.contains(name) else {
        return Option(name: name, value: scalar, argument: "--\(name)=\(scalar)", place: place)
      }
      guard let isOn = value.bool else {
        throw TrainingError(.usage, "\(place): \(name) must be true or false, not \(scalar)")
      }
      return Option(
        name: name, value: scalar, argument: isOn ? "--\(name)" : "--no-\(name)", place: place)
    }
  }

  /// Returns whether composing the YAML in `text` is a matter of milliseconds.
  ///
  /// Aliases of aliases make billions of nodes of some hundred bytes, and keys within keys are
  /// compared again on each level. Either needs many of the characters counted here, which options
  /// hardly do. A comment may have them, but without quotation marks: one could end a text.
  private static func isPlain(_ text: String) -> Bool {
    let lines = text.split(whereSeparator: \.isNewline).filter {
      !$0.drop { $0 == " " || $0 == "\t" }.hasPrefix("#") || $0.contains("\"") || $0.contains("'")
    }
    return lines.joined().utf8.count { "*?[{".utf8.contains($0) } <= 10
  }

  /// The options that are true or false.
  private static let flags: Set = ["flip", "sync-batchnorm"]
}
