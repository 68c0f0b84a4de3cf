import Foundation

/// A run directory, looked at from outside, while a job writes into it and after its death.
struct RunFolder {
  let path: String

  /// One line of the log, as far as a run must repeat it.
  struct LoggedStep: Decodable, Equatable {
    let step: Int
    let discriminatorLoss, generatorLoss: Float

    enum CodingKeys: String, CodingKey {
      case step
      case discriminatorLoss = "discriminator_loss"
      case generatorLoss = "generator_loss"
    }
  }

  /// What the log holds; a last line that is only half there is none.
  var log: [LoggedStep] {
    contents(of: "log.jsonl").split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(LoggedStep.self, from: $0)
    }
  }

  /// The last step in the log, 0 before the first.
  var lastLoggedStep: Int { log.last?.step ?? 0 }

  /// When the log was last written; nil before that.
  var logTime: Date? {
    try? FileManager.default.attributesOfItem(atPath: path + "/log.jsonl")[.modificationDate]
      as? Date
  }

  /// The step of the newest file that has the name of a checkpoint, 0 where there is none.
  var newestCheckpoint: Int { checkpointFiles.compactMap(Self.step(ofFile:)).max() ?? 0 }

  /// The files beside the checkpoints: those that are being written, or were when a job died.
  var unfinishedCheckpoints: Set<String> {
    Set(checkpointFiles.filter { Self.step(ofFile: $0) == nil && $0 != "latest" })
  }

  /// Whether the newest checkpoint has its name already, but its writing is not over yet.
  var isCheckpointUnnamed: Bool {
    let latest = String(decoding: contents(of: "checkpoints/latest"), as: UTF8.self)
    return newestCheckpoint != Self.step(ofFile: latest.filter { $0 != "\n" }) ?? 0
  }

  /// Every file below the folder, by its path there.
  var files: Set<String> {
    Set((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [])
  }

  /// Returns the bytes of the file `name`, none if it is not there.
  func contents(of name: String) -> Data {
    FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
  }

  /// Returns where the checkpoint after `step` steps lies in the folder.
  static func checkpoint(after step: Int) -> String {
    String(format: "checkpoints/step-%07d.safetensors", step)
  }

  /// Whether `file`, a path in the folder, is that of a sample grid.
  static func isSampleGrid(_ file: String) -> Bool {
    file.wholeMatch(of: #/samples/\d+\.png/#) != nil
  }

  func remove() throws {
    if FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  func move(to other: RunFolder) throws {
    try other.remove()
    try FileManager.default.moveItem(atPath: path, toPath: other.path)
  }

  private var checkpointFiles: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path + "/checkpoints")) ?? []
  }

  private static func step(ofFile name: String) -> Int? {
    guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
    return Int(name.dropFirst("step-".count).dropLast(".safetensors".count))
  }
}
