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
  var reals: String { path + "/reals.png" }
  var samples: String { path + "/samples" }
  var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

  /// Returns where the sample grid after `step` steps lies.
  func sampleGrid(step: Int) -> String {
    samples + String(format: "/%06d.png", step)
  }

  /// Throws ``TrainingError`` if the folder holds a run, which another would destroy.
  func requireEmpty() throws {
    let holdsRun =
      try FileManager.default.fileExists(atPath: losses) || !checkpoints.steps().isEmpty
    guard holdsRun else { return }
    throw TrainingError(
      .usage,
      "\(path) already holds a run; continue it with --resume auto, or choose another --output")
  }

  /// Makes the folder and those in it, or finds them ready.
  /// - Throws: ``TrainingError`` if it cannot be written.
  func prepare() throws {
    for folder in [path, samples, checkpoints.path] { try makeFolder(folder) }
    let probe = path + "/.writable-\(ProcessInfo.processInfo.processIdentifier)"
    let descriptor = open(probe, O_CREAT | O_WRONLY, 0o600)
    guard descriptor >= 0 else { throw unwritable() }
    close(descriptor)
    unlink(probe)
  }

  /// Makes the folder at `path` and those it lies in.
  private func makeFolder(_ path: String) throws {
    var made = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      made += part + "/"
      if mkdir(made, 0o777) != 0 && errno != EEXIST { throw unwritable() }
    }
  }

  /// Returns an error with the system's words for the call that failed last.
  private func unwritable() -> TrainingError {
    TrainingError(
      .inputOutput,
      "\(path) cannot be written (\(String(cString: strerror(errno)))); choose a writable folder "
        + "with --output")
  }

  /// Writes the options of the run, so that `--config` can repeat it.
  func write(_ options: [(name: String, value: any NodeRepresentable)]) throws {
    let mapping = try options.map { option in
      // Yams would write 200 as 2e+2.
      let value = try (option.value as? Double).map { Node("\($0)") } ?? option.value.represented()
      return (Node(option.name), value)
    }
    let yaml = try Yams.serialize(node: Node(mapping))
    try Data(yaml.utf8).write(to: URL(fileURLWithPath: self.configuration), options: .atomic)
  }
}
