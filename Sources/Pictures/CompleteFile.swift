import Foundation

/// Writes a file that appears under its name only when it is complete; until then it is called
/// `NAME.PROCESS.partial`.
/// - Returns: nil if that is done; why the system refused, if it did, and left an older file of that
///   name untouched.
func writeComplete(_ bytes: [UInt8], to path: String) -> String? {
  let temporaryPath = "\(path).\(getpid()).partial"
  if write(bytes, to: temporaryPath), rename(temporaryPath, path) == 0 { return nil }
  let reason = systemReason()
  unlink(temporaryPath)
  return reason
}

/// Writes a whole file; if false, the system's error number says why.
private func write(_ bytes: [UInt8], to path: String) -> Bool {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { return false }
  let isWritten = bytes.withUnsafeBytes { buffer in
    var written = 0
    while written < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
      let count = Foundation.write(descriptor, rest.baseAddress, rest.count)
      guard count >= 0 || errno == EINTR else { return false }
      written += max(count, 0)
    }
    return true
  }
  let reason = errno
  // Network file systems report a full disk as late as here.
  let isClosed = close(descriptor) == 0
  if !isWritten { errno = reason }
  return isWritten && isClosed
}
