import Collectives
import Files
import Foundation
import GANs
import Metrics
import Pictures
import Portraits
import Safetensors

/// Something that keeps a run from starting or going on, with the exit code that tells a batch
/// system what kind of thing it was.
public struct TrainingError: Error, CustomStringConvertible, Equatable {
  /// The kinds, with the exit codes of sysexits.h.
  public enum Kind: Int32, Sendable {
    /// The command was used wrongly.
    case usage = 64
    /// The input was wrong, or made training diverge.
    case badData = 65
    /// Something needed is missing.
    case unavailable = 69
    /// A fault of the program.
    case software = 70
    /// Reading or writing failed.
    case inputOutput = 74
    /// Asked to stop before there was anything to save.
    case stopped = 75
  }

  public let kind: Kind
  /// One sentence: what, where, and what to do.
  public let description: String
  /// What happened, without advice, if training went where there are no numbers: the fault of a
  /// recipe, not of the job.
  public let divergence: String?

  public init(_ kind: Kind, _ description: String, divergence: String? = nil) {
    self.kind = kind
    self.description = description
    self.divergence = divergence
  }
}

extension TrainingError {
  /// Returns what to say when the file or folder at `path` cannot be written.
  /// - Parameter option: what the user named the place by.
  public static func unwritable(
    _ path: String, because error: any Error, option: String = "--output"
  ) -> TrainingError {
    TrainingError(
      .inputOutput,
      "cannot write \(path) (\(systemReason(of: error))); choose a writable place with \(option)")
  }
}

extension TrainingError.Kind {
  /// Returns the kind of any error that a run can meet.
  public init(of error: any Error) {
    self =
      switch error {
      case let error as TrainingError: error.kind
      case is ArchitectureError: .usage
      case PortraitError.storeUnreadable, PortraitError.storeUnwritable: .inputOutput
      case is PortraitError: .badData
      case SafetensorsError.cannotRead, SafetensorsError.cannotWrite,
        SafetensorsError.readsBackDifferently:
        .inputOutput
      case is SafetensorsError: .badData
      case is CollectiveError, is LaunchError: .unavailable
      case is FeatureError: .badData
      case is PictureError, is ChartError, is SystemError: .inputOutput
      default: (error as NSError).domain == NSCocoaErrorDomain ? .inputOutput : .software
      }
  }
}
