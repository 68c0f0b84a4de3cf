import Foundation
import Safetensors

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
    var passedOver: [TrainingError] = []
    for step in try steps().reversed() {
      do {
        let checkpoint = try Checkpoint(contentsOf: file(step: step))
        return (checkpoint, passedOver.map(\.description))
      } catch let error as TrainingError where [.badData, .inputOutput].contains(error.kind) {
        passedOver.append(error)
      }
    }
    guard let newest = passedOver.first else { return nil }
    throw TrainingError(
      newest.kind,
      "none of the checkpoints in \(path) can be used: "
        + passedOver.map(\.description).joined(separator: "; "))
  }

  /// Names the checkpoint of `step` in the file `latest`.
  /// - Throws: `SafetensorsError` if it cannot be written.
  func nameLatest(step: Int) throws {
    try ReplacementFile.write(Self.name(step: step) + "\n", to: path + "/latest")
  }

  /// Removes checkpoints from before `step`, whose own is known to be good.
  /// - Parameters:
  ///   - keepingNewest: the number of newest checkpoints that stay, that of `step` among them.
  ///   - keepingEvery: checkpoints at multiples of this stay too; 0 keeps none for that.
  func removeOld(before step: Int, keepingNewest: Int, keepingEvery: Int) {
    // One that stays takes room, but nothing is lost; what is no file was not made here.
    let older = ((try? steps()) ?? []).filter { $0 < step }
    for old in older.dropLast(keepingNewest - 1)
    where keepingEvery == 0 || !old.isMultiple(of: keepingEvery) {
      unlink(file(step: old))
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
