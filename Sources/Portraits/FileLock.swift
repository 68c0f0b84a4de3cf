import Foundation

/// An exclusive lock on a file, shared with other processes and hosts; it dies with its holder.
///
/// The lock file is removed when the lock is released, so that none are left behind.
struct FileLock {
  /// Why a lock cannot be had at all, for instance on a file system without locks.
  struct Unavailable: Error {
    let reason: String
  }

  private let path: String
  private let descriptor: Int32

  /// Acquires the lock at `path`, calling `whenHeld` once before waiting for another holder.
  ///
  /// - Throws: `Unavailable`.
  init(acquiring path: String, whenHeld: () -> Void) throws {
    self.path = path
    var hasReported = false
    while true {
      let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw Unavailable(reason: lastSystemError()) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        if errno == EWOULDBLOCK && !hasReported {
          hasReported = true
          whenHeld()
        }
        guard Self.waitForLock(on: descriptor) else {
          let reason = lastSystemError()
          close(descriptor)
          throw Unavailable(reason: reason)
        }
      }
      // The holder before may have removed the file on release; a lock on it is then worthless.
      if Self.isFile(descriptor, stillAt: path) {
        self.descriptor = descriptor
        return
      }
      close(descriptor)
    }
  }

  /// Removes the lock file and lets the next one have the lock.
  func release() {
    unlink(path)
    close(descriptor)
  }

  private static func waitForLock(on descriptor: Int32) -> Bool {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }

  private static func isFile(_ descriptor: Int32, stillAt path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
      && held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }
}
