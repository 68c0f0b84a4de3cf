import Foundation

/// The checkpoints of a run, by step.
struct CheckpointFolder: Sendable {
  let path: String

  /// Returns the steps of all checkpoints in the folder, in order; none if there is no folder.
  /// - Throws: ``TrainingError`` if the folder cannot be listed, which is not the same as empty.
  func steps() throws -> [Int] {
    let files = FileManager.default
    guard files.fileExists(atPath: path) else { return [] }
    do {
      return try files.contentsOfDirectory(atPath: path).compactMap(Self.step(ofFile:)).sorted()
    } catch {
      throw TrainingError(
        .inputOutput, "\(path) cannot be listed (\(reason(of: error))); check its permissions")
    }
  }

  /// Returns where the checkpoint after `step` steps lies.
  func file(step: Int) -> String { path + "/" + Self.name(step: step) }

  /// Opens the newest checkpoint that can be used, and says which had to be passed over and why;
  /// nil if there are none.
  /// - Throws: ``TrainingError`` if there are checkpoints, but none that can be used.
  func newest() throws -> (checkpoint: Checkpoint, passedOver: [String])? {
    var passedOver: [String] = []
    for step in try steps().reversed() {
      do {
        return (try Checkpoint(contentsOf: file(step: step)), passedOver)
      } catch let error as TrainingError where error.kind == .badData {
        passedOver.append("\(error)")
      }
    }
    guard passedOver.isEmpty else {
      throw TrainingError(
        .badData,
        "none of the checkpoints in \(path) can be used: " + passedOver.joined(separator: "; "))
    }
    return nil
  }

  /// Names the checkpoint of `step` in the file `latest`, and removes those no longer wanted.
  /// - Parameters:
  ///   - keepingNewest: the number of newest checkpoints that stay.
  ///   - keepingEvery: checkpoints at multiples of this stay too; 0 keeps none for that.
  func finishWriting(step: Int, keepingNewest: Int, keepingEvery: Int) throws {
    try Data((Self.name(step: step) + "\n").utf8)
      .write(to: URL(fileURLWithPath: path + "/latest"), options: .atomic)
    for old in try steps().dropLast(keepingNewest)
    where old != step && (keepingEvery == 0 || !old.isMultiple(of: keepingEvery)) {
      // One that stays takes room, but nothing is lost.
      try? FileManager.default.removeItem(atPath: file(step: old))
    }
  }

  private static func name(step: Int) -> String { String(format: "step-%07d.safetensors", step) }

  /// Returns the step of a checkpoint's file; nil for any other file.
  private static func step(ofFile name: String) -> Int? {
    let digits = name.dropFirst("step-".count).dropLast(".safetensors".count)
    guard let step = Int(digits), name == self.name(step: step) else { return nil }
    return step
  }
}
