import Foundation
import Training
import Yams

/// A YAML file of options, as `--config` names it: `batch-size: 32` stands for `--batch-size 32`,
/// and `flip: false` for `--no-flip`.
enum ConfigurationFile {
  /// Replaces `--config FILE` in `arguments` by the options in the file, put before all others so
  /// that the command line has the last word.
  /// - Throws: ``TrainingError`` if the file cannot be read or is no mapping of options to scalars.
  static func expand(_ arguments: [String]) throws -> [String] {
    var rest: [String] = []
    var options: [String] = []
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      if argument == "--config" {
        guard let path = iterator.next() else {
          throw TrainingError(.usage, "--config needs the path of a YAML file")
        }
        options += try self.options(in: path)
      } else if argument.hasPrefix("--config=") {
        options += try self.options(in: String(argument.dropFirst("--config=".count)))
      } else {
        rest.append(argument)
      }
    }
    return Array(rest.prefix(1)) + options + rest.dropFirst()
  }

  private static let largestFile = 1 << 14

  private static func options(in path: String) throws -> [String] {
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
    return try mapping.flatMap { key, value -> [String] in
      guard let name = key.scalar?.string, let scalar = value.scalar?.string else {
        throw TrainingError(
          .badData, "\(path): the value of \(key.scalar?.string ?? "an option") must be a scalar")
      }
      guard name != "config" else {
        throw TrainingError(.usage, "\(path): a file of options cannot name another with config")
      }
      guard flags.contains(name) else { return ["--\(name)=\(scalar)"] }
      guard let isOn = value.bool else {
        throw TrainingError(.usage, "\(path): \(name) must be true or false, not \(scalar)")
      }
      return [isOn ? "--\(name)" : "--no-\(name)"]
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
