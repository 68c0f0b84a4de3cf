import Files
import Foundation

/// A job's claim to its run directory, which keeps a second job from training into it.
///
/// The file `lock` is locked, and says by whom, until the claim is given up or the process dies.
/// The file `exit-code` is for scripts that start jobs: launchers do not pass every code on. It is
/// removed when a job makes its claim, and has the job's exit code when that has ended in an
/// orderly way; where it is missing, the job was killed, was ended by another rank or a watchdog,
/// or is still running.
final class RunClaim {
  /// What people should know; nil if all is well.
  let warning: String?
  private let run: RunDirectory
  private let lock: FileLock?

  /// A job that is being killed may live on for so long after those who started it.
  private static let patience = Duration.seconds(5)

  /// Makes the folder of `run`, if there is none, and claims it.
  /// - Parameter isNewRun: whether the folder must hold no run yet; if it does, nothing in it
  ///   changes.
  /// - Throws: ``TrainingError`` if another job has claimed it, or it cannot be written.
  init(_ run: RunDirectory, forNewRun isNewRun: Bool) throws {
    self.run = run
    try run.createFolder(run.path)
    var obstacle: String?
    do {
      lock = try Self.acquire(run)
    } catch let problem as SystemError {
      lock = nil
      obstacle = "\(problem)"
    }
    warning = obstacle.map {
      "warning: \(run.path) cannot be locked (\($0)); see to it that no other job trains into it"
    }
    do {
      // Only the holder of the lock can be sure that no other job makes it one now.
      if isNewRun { try run.requireEmpty() }
    } catch {
      lock?.release()
      throw error
    }
    unlink(run.exitCode)
    if lock != nil { run.removeHalfWritten() }
  }

  /// Gives the directory up, and leaves word of how the job has ended.
  func end(exitCode: Int32) {
    // A full disk says enough: a job without an exit code is taken for one that was killed.
    try? NewFile.write("\(exitCode)\n", to: run.exitCode)
    lock?.release()
  }

  private static func acquire(_ run: RunDirectory) throws -> FileLock {
    let deadline = ContinuousClock.now + patience
    while true {
      if let lock = try FileLock(acquiringIfFree: run.lock) {
        let process = ProcessInfo.processInfo
        let now = Date.now.formatted(.iso8601)
        lock.leave(
          word: "process \(process.processIdentifier) on \(process.hostName) since \(now)")
        return lock
      }
      guard ContinuousClock.now < deadline else {
        throw TrainingError(
          .usage,
          "another job trains into \(run.path): \(FileLock.word(at: run.lock) ?? "a new one"); wait "
            + "for its end, stop it, or choose another --output")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }
}
