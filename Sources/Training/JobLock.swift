import Files
import Foundation

/// A job's lock on the folder that it writes to, which keeps others out until it is released or the
/// process dies.
///
/// The file `lock` says who holds it.
package struct JobLock {
  /// What people should know; nil if the lock is held.
  package let warning: String?
  private let lock: FileLock?

  /// A job that is being killed may live on for so long after those who started it.
  private static let patience = Duration.seconds(5)

  /// Locks `folder`, which is there.
  /// - Parameter verb: what a job that holds the lock does to the folder, such as "trains into".
  /// - Throws: ``TrainingError`` if another job holds the lock.
  package init(on folder: String, ofJobThat verb: String) throws {
    do {
      lock = try Self.acquire(folder, ofJobThat: verb)
      warning = nil
    } catch let obstacle as SystemError {
      lock = nil
      warning =
        "warning: \(folder) cannot be locked (\(obstacle)); see to it that no other job \(verb) it"
    }
  }

  var isHeld: Bool { lock != nil }

  package func release() { lock?.release() }

  private static func acquire(_ folder: String, ofJobThat verb: String) throws -> FileLock {
    let path = folder + "/lock"
    let deadline = ContinuousClock.now + patience
    while true {
      if let lock = try FileLock(acquiringIfFree: path) {
        let process = ProcessInfo.processInfo
        let now = Date.now.formatted(.iso8601)
        lock.leave(
          word: "process \(process.processIdentifier) on \(process.hostName) since \(now)")
        return lock
      }
      guard ContinuousClock.now < deadline else {
        throw TrainingError(
          .usage,
          "another job \(verb) \(folder): \(FileLock.word(at: path) ?? "a new one"); wait for its "
            + "end, stop it, or choose another --output")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }
}
