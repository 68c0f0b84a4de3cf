import Foundation

/// An exclusive lock on a file, shared with other processes and hosts; it dies with its holder.
///
/// The lock file is removed when the lock is released, so that none are left behind.
package struct FileLock {
  private let path: String
  private let descriptor: Int32

  /// Acquires the lock at `path`, calling `whileHeld` several times a second until another holder
  /// has released it.
  ///
  /// - Throws: ``SystemError`` if a lock cannot be had at all, for instance on a file system
  ///   without locks; and what `whileHeld` throws.
  package init(acquiring path: String, whileHeld: () throws -> Void) throws {
    while true {
      if let lock = try FileLock(acquiringIfFree: path) {
        self = lock
        return
      }
      try whileHeld()
      Thread.sleep(forTimeInterval: 0.2)
    }
  }

  /// Acquires the lock at `path`; nil if another holds it.
  ///
  /// - Throws: ``SystemError`` if a lock cannot be had at all.
  package init?(acquiringIfFree path: String) throws {
    while true {
      let descriptor = try Self.open(path)
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = SystemError.last
        close(descriptor)
        if reason.number == EWOULDBLOCK { return nil }
        throw reason
      }
      // The holder before may have removed the file on release; a lock on it is then worthless.
      if Self.isFile(descriptor, stillAt: path) {
        (self.path, self.descriptor) = (path, descriptor)
        return
      }
      close(descriptor)
    }
  }

  /// Leaves word in the lock file for those who find it held.
  package func leave(word: String) {
    let bytes = Array("\(word)\n".utf8)
    // Others on a network file system see what has been written through.
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count
    else { return }
    fsync(descriptor)
  }

  /// Returns what the holder of the lock at `path` has left word of; nil if nothing yet.
  package static func word(at path: String) -> String? {
    let handle = FileHandle(forReadingAtPath: path)
    let longest = 500
    let text = (try? handle?.read(upToCount: longest)).flatMap { $0 }
    return text.flatMap { String(decoding: $0, as: UTF8.self).split(separator: "\n").first }
      .map(String.init)
  }

  /// Removes the lock file and lets the next one have the lock.
  package func release() {
    unlink(path)
    close(descriptor)
  }

  private static func open(_ path: String) throws -> Int32 {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw SystemError.last }
    return descriptor
  }

  private static func isFile(_ descriptor: Int32, stillAt path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
      && held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }
}
