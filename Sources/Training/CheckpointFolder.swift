import Foundation

/// The checkpoints of a run, by step.
public struct CheckpointFolder: Sendable {
  public let path: String

  public init(path: String) {
    self.path = path
  }

  /// The steps of all checkpoints in the folder, in order.
  public var steps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.compactMap(Self.step(ofFile:)).sorted()
  }

  /// Returns where the checkpoint after `step` steps lies.
  public func file(step: Int) -> String { path + "/" + Self.name(step: step) }

  /// Opens the newest checkpoint that can be used, and says which had to be passed over and why;
  /// nil if there are none.
  /// - Throws: ``TrainingError`` if there are checkpoints, but none that can be used.
  func newest() throws -> (checkpoint: Checkpoint, passedOver: [String])? {
    var passedOver: [String] = []
    for step in steps.reversed() {
      do {
        return (try Checkpoint(contentsOf: file(step: step)), passedOver)
      } catch {
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
    for old in steps.dropLast(keepingNewest)
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
