import Collectives
import Foundation
import Safetensors

/// Writes the checkpoints of a run, and lets training go on where one cannot be written.
///
/// A disk may be full for a while, a file server away, a quota used up. So a checkpoint that cannot
/// be written is a warning and is tried again after a time that doubles with each failure, or when
/// the next one is due, whichever is sooner. What a run ends with is tried several times, and then
/// is an error.
///
/// Every rank has a keeper and calls it after the same steps; rank 0 writes.
final class CheckpointKeeper {
  /// What kept rank 0 from writing, as all ranks know it.
  private struct Failure: Codable {
    /// What file it was, and why.
    var complaint: String
    /// The steps to be done before another attempt.
    var stepsToRetry: Int
    /// The seconds that these are likely to take.
    var secondsToRetry: Double
  }

  private static let shortestDelay = 5.0
  private static let longestDelay = 300.0
  /// The seconds between attempts to write what a run ends with: batch systems grant little more.
  private static let pausesAtEnd = [1.0, 2, 4]

  private let folder: CheckpointFolder
  private let configuration: TrainingConfiguration
  private let dataDigest: String
  private let communicator: any Communicator
  private let say: (String) -> Void

  /// The newest checkpoint that is known to be whole, on rank 0; nil if there is none yet.
  private(set) var newestGood: String?
  private var failuresInARow = 0
  private var retryStep: Int?
  private let start: (time: ContinuousClock.Instant, step: Int)

  /// - Parameters:
  ///   - step: the number of steps done.
  ///   - newestGood: the file that training goes on from, if it is of this run.
  ///   - say: called on rank 0 with what people should know.
  init(
    _ folder: CheckpointFolder, of configuration: TrainingConfiguration, dataDigest: String,
    continuingAfter step: Int, newestGood: String?, over communicator: any Communicator,
    say: @escaping (String) -> Void
  ) {
    self.folder = folder
    self.configuration = configuration
    self.dataDigest = dataDigest
    self.communicator = communicator
    self.say = say
    self.newestGood = newestGood
    start = (.now, step)
  }

  /// Whether it is time to try again what failed before; the answer is the same on every rank.
  func isRetryDue(after step: Int) -> Bool {
    retryStep.map { step >= $0 } ?? false
  }

  /// Writes a checkpoint; that it cannot be written is a warning.
  func save(_ state: TrainingState) throws {
    guard let failure = try attempt(state) else { return }
    retryStep = state.step + failure.stepsToRetry
    warn(
      String(
        format: "%@; training goes on and tries again in about %.0f s; %@", failure.complaint,
        failure.secondsToRetry,
        newestGood.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint yet"))
  }

  /// Writes the checkpoint that a run ends with, or stops with.
  /// - Throws: ``TrainingError`` on every rank if that fails several times.
  func saveLast(_ state: TrainingState) throws {
    var failure = try attempt(state)
    for pause in Self.pausesAtEnd {
      guard let complaint = failure?.complaint else { return }
      warn(String(format: "%@; trying again in %.0f s", complaint, pause))
      // All ranks sleep, so that none waits for another longer than it takes to write.
      Thread.sleep(forTimeInterval: pause)
      failure = try attempt(state)
    }
    guard let failure else { return }
    let advice =
      newestGood.map {
        "make room, and go on from the last good checkpoint, \($0), by --resume auto"
      }
      ?? "make room and start again, since there is no checkpoint to go on from"
    throw TrainingError(.inputOutput, "\(failure.complaint); \(advice)")
  }

  private func warn(_ sentence: String) {
    if communicator.isRoot { say("warning: \(sentence)") }
  }

  /// Writes a checkpoint on rank 0, and tells every rank what kept it from doing so, if anything.
  private func attempt(_ state: TrainingState) throws -> Failure? {
    communicator.activity = "step \(state.step), checkpoint"
    let failure = try communicator.broadcast(
      communicator.onEveryRank { communicator.isRoot ? try write(state) : nil })
    failuresInARow = failure == nil ? 0 : failuresInARow + 1
    retryStep = nil
    return failure
  }

  private func write(_ state: TrainingState) throws -> Failure? {
    let path = folder.file(step: state.step)
    do {
      // Other ranks wait, and take a rank that says nothing for stuck while a slow disk takes it
      // in.
      try Checkpoint.write(
        state, configuration: configuration, dataDigest: dataDigest, to: path
      ) { [communicator] in
        communicator.activity = "step \(state.step), checkpoint, \($0 >> 20) MiB on disk"
      }
    } catch let error as SafetensorsError {
      let delay = min(
        Self.longestDelay, Self.shortestDelay * Double(1 << min(failuresInARow, 30)))
      let steps = max(1, (delay / secondsPerStep(before: state.step)).rounded(.up))
      return Failure(
        complaint: "\(path) \(error.complaint)", stepsToRetry: Int(min(steps, 1e9)),
        secondsToRetry: delay)
    }
    if failuresInARow > 0 { say("\(path) is written: nothing is lost") }
    newestGood = path
    do {
      try folder.nameLatest(step: state.step)
    } catch {
      say("warning: \(error)")
    }
    folder.removeOld(
      before: state.step, keepingNewest: configuration.output.keepCheckpoints,
      keepingEvery: configuration.output.keepEvery)
    return nil
  }

  private func secondsPerStep(before step: Int) -> Double {
    let seconds = (ContinuousClock.now - start.time) / .seconds(1)
    return max(seconds / Double(max(step - start.step, 1)), 1e-6)
  }
}
