import Files
import Foundation

/// A job's claim to its run directory, which keeps a second job from training into it.
///
/// The folder is locked until the claim is given up or the process dies. The file `exit-code` is
/// for scripts that start jobs: launchers do not pass every code on. It is removed when a job makes
/// its claim, and has the job's exit code when that has ended in an orderly way; where it is
/// missing, the job was killed, was ended by another rank or a watchdog, or is still running.
final class RunClaim {
  private let run: RunDirectory
  private let lock: JobLock

  /// What people should know; nil if all is well.
  var warning: String? { lock.warning }

  /// Makes the folder of `run`, if there is none, and claims it.
  /// - Parameter isNewRun: whether the folder must hold no run yet; if it does, nothing in it
  ///   changes.
  /// - Throws: ``TrainingError`` if another job has claimed it, or it cannot be written.
  init(_ run: RunDirectory, forNewRun isNewRun: Bool) throws {
    self.run = run
    try run.createFolder(run.path)
    lock = try JobLock(on: run.path, ofJobThat: "trains into")
    do {
      // Only the holder of the lock can be sure that no other job makes it one now.
      if isNewRun { try run.requireEmpty() }
    } catch {
      lock.release()
      throw error
    }
    unlink(run.exitCode)
    if lock.isHeld { run.removeHalfWritten() }
  }

  /// Gives the directory up, and leaves word of how the job has ended.
  func end(exitCode: Int32) {
    // A full disk says enough: a job without an exit code is taken for one that was killed.
    try? NewFile.write("\(exitCode)\n", to: run.exitCode)
    lock.release()
  }
}
