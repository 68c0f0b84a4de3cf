import Files
import Foundation
import Yams

/// The folder of one run, and what lies where in it.
struct RunDirectory: Sendable {
  let path: String

  var configuration: String { path + "/config.yaml" }
  var log: String { path + "/log.jsonl" }
  var losses: String { path + "/losses.csv" }
  var lossChart: String { path + "/losses.png" }
  var lossDrawing: String { path + "/losses.svg" }
  var stabilityChart: String { path + "/stability.png" }
  var stabilityDrawing: String { path + "/stability.svg" }
  var reals: String { path + "/reals.png" }
  var samples: String { path + "/samples" }
  var exitCode: String { path + "/exit-code" }
  var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

  /// Returns where the sample grid after `step` steps lies.
  func sampleGrid(step: Int) -> String {
    samples + String(format: "/%06d.png", step)
  }

  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// Throws ``TrainingError`` if the folder holds a run, which another would destroy.
  func requireEmpty() throws {
    let holdsRun =
      try FileManager.default.fileExists(atPath: losses) || !checkpoints.steps().isEmpty
    guard holdsRun else { return }
    throw TrainingError(
      .usage,
      "\(path) already holds a run; continue it with --resume auto, or choose another --output")
  }

  /// Throws ``TrainingError`` if the folder, which is not there, could not be made.
  func requirePlace() throws {
    var place = URL(fileURLWithPath: path).deletingLastPathComponent()
    var isFolder: ObjCBool = false
    while !FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder),
      place.path != "/"
    {
      place.deleteLastPathComponent()
    }
    guard isFolder.boolValue else { throw unwritable(because: SystemError(number: ENOTDIR)) }
    guard access(place.path, W_OK | X_OK) == 0 else { throw unwritable(because: SystemError.last) }
  }

  /// Makes the folder and those in it, or finds them ready, and writes the options of the run into
  /// it, so that `--config` can repeat it.
  /// - Throws: ``TrainingError`` if it cannot be written.
  func prepare(for options: [(name: String, value: any NodeRepresentable)]) throws {
    let mapping = try options.map { option in
      // Yams would write 200 as 2e+2.
      let value = try (option.value as? Double).map { Node("\($0)") } ?? option.value.represented()
      return (Node(option.name), value)
    }
    let yaml = try Yams.serialize(node: Node(mapping))
    for folder in [samples, checkpoints.path] { try createFolder(folder) }
    do {
      try NewFile.write(yaml, to: configuration)
    } catch {
      throw unwritable(because: error)
    }
  }

  /// Makes a folder, unless it is there.
  /// - Throws: ``TrainingError`` if it cannot be made.
  func createFolder(_ folder: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw unwritable(because: error)
    }
  }

  /// Removes what a job that was killed had begun to write.
  func removeHalfWritten() {
    for folder in [path, samples, checkpoints.path] {
      for file in PartialFile.all(in: folder) where isOwn("\(folder)/\(file.name)") {
        file.remove()
      }
    }
  }

  /// Whether runs write a file of this path.
  private func isOwn(_ file: String) -> Bool {
    let files = [
      configuration, log, losses, lossChart, lossDrawing, stabilityChart, stabilityDrawing, reals,
      exitCode,
    ]
    let step = Int(URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent)
    return files.contains(file) || checkpoints.holds(file)
      || step.map { file == sampleGrid(step: $0) } ?? false
  }

  private func unwritable(because error: any Error) -> TrainingError {
    TrainingError(
      .inputOutput,
      "\(path) cannot be written (\(systemReason(of: error))); choose a writable folder with --output"
    )
  }
}
