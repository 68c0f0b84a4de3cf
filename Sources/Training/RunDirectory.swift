import Foundation
import Yams

/// The folder of one run, and what lies where in it.
public struct RunDirectory: Sendable {
  public let path: String

  public init(path: String) {
    self.path = path
  }

  public var configuration: String { path + "/config.yaml" }
  public var log: String { path + "/log.jsonl" }
  public var losses: String { path + "/losses.csv" }
  public var lossChart: String { path + "/losses.png" }
  public var lossDrawing: String { path + "/losses.svg" }
  public var reals: String { path + "/reals.png" }
  public var samples: String { path + "/samples" }
  public var checkpoints: CheckpointFolder { CheckpointFolder(path: path + "/checkpoints") }

  /// Returns where the sample grid after `step` steps lies.
  public func sampleGrid(step: Int) -> String {
    samples + String(format: "/%06d.png", step)
  }

  /// Makes the folder, or finds it ready.
  /// - Parameter resuming: whether it may hold a run already.
  /// - Throws: ``TrainingError`` if it cannot be written, or holds a run that would be lost.
  func prepare(resuming: Bool) throws {
    let files = FileManager.default
    if !resuming && (files.fileExists(atPath: losses) || !checkpoints.steps.isEmpty) {
      throw TrainingError(
        .usage,
        "\(path) already holds a run; continue it with --resume auto, or choose another --output")
    }
    do {
      for folder in [path, samples, checkpoints.path] {
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      }
      let probe = path + "/.writable-\(ProcessInfo.processInfo.processIdentifier)"
      try Data().write(to: URL(fileURLWithPath: probe))
      try files.removeItem(atPath: probe)
    } catch {
      throw TrainingError(
        .inputOutput,
        "\(path) cannot be written (\(reason(of: error))); choose a writable folder with --output")
    }
  }

  /// Writes every option of the run, so that `--config` can repeat it.
  func write(_ configuration: TrainingConfiguration) throws {
    let mapping = try configuration.optionValues.map { option in
      // Yams would write 200 as 2e+2.
      let value = try (option.value as? Double).map { Node("\($0)") } ?? option.value.represented()
      return (Node(option.name), value)
    }
    let yaml = try Yams.serialize(node: Node(mapping))
    try Data(yaml.utf8).write(to: URL(fileURLWithPath: self.configuration), options: .atomic)
  }
}

/// Returns the system's words for `error` without the file names that Foundation puts around them.
func reason(of error: any Error) -> String {
  let cocoa = error as NSError
  if let underlying = cocoa.userInfo[NSUnderlyingErrorKey] as? NSError {
    return underlying.localizedDescription
  }
  return cocoa.localizedDescription
}
