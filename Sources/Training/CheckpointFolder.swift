import Files
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
        .inputOutput, "\(path) cannot be listed (\(systemReason(of: error))); check its permissions"
      )
    }
  }

  /// Returns where the checkpoint after `step` steps lies.
  func file(step: Int) -> String { path + "/" + Self.name(step: step) }

  private var latest: String { path + "/latest" }

  /// Whether runs write a file of this path.
  func holds(_ file: String) -> Bool {
    let step = Self.step(ofFile: URL(fileURLWithPath: file).lastPathComponent)
    return file == latest || step.map { file == self.file(step: $0) } ?? false
  }

  /// Opens the newest checkpoint that can be used, and says which had to be passed over and why;
  /// nil if there are none.
  /// - Throws: ``TrainingError`` if there are checkpoints, but none that can be used, or if one
  ///   cannot be read now that may be sound: who went on from an older one would lose what came
  ///   after it.
  func newest() throws -> (checkpoint: Checkpoint, passedOver: [String])? {
    var passedOver: [TrainingError] = []
    for step in try steps().reversed() {
      do {
        return (try open(step: step), passedOver.map(\.description))
      } catch let error as TrainingError where error.kind == .badData || !hasFile(step: step) {
        passedOver.append(error)
      }
    }
    guard let newest = passedOver.first else { return nil }
    throw TrainingError(
      newest.kind,
      "none of the checkpoints in \(path) can be used: "
        + passedOver.map(\.description).joined(separator: "; "))
  }

  /// The seconds between attempts to read a checkpoint: a file server may be away for a moment.
  private static let pauses = [1.0, 2, 4]

  private func open(step: Int) throws -> Checkpoint {
    for pause in Self.pauses {
      do {
        return try Checkpoint(contentsOf: file(step: step))
      } catch let error as TrainingError
        where error.kind == .inputOutput && hasFile(step: step)
      {
        Thread.sleep(forTimeInterval: pause)
      }
    }
    do {
      return try Checkpoint(contentsOf: file(step: step))
    } catch let error as TrainingError where error.kind == .inputOutput && hasFile(step: step) {
      throw TrainingError(
        .inputOutput,
        "\(error) Start again once it can be read, or move it away to go on from the checkpoint "
          + "before it.")
    }
  }

  /// Whether a file, which may be sound, stands under the name of a checkpoint, and not a folder, a
  /// pipe or a link to nowhere.
  private func hasFile(step: Int) -> Bool {
    var status = stat()
    guard stat(file(step: step), &status) == 0 else {
      return ![ENOENT, ENOTDIR, ELOOP].contains(errno)
    }
    return status.st_mode & S_IFMT == S_IFREG
  }

  /// Names the checkpoint of `step` in the file `latest`.
  /// - Throws: ``TrainingError`` if it cannot be written.
  func nameLatest(step: Int) throws {
    do {
      try NewFile.write(Self.name(step: step) + "\n", to: latest)
    } catch {
      throw TrainingError.unwritable(latest, because: error)
    }
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
