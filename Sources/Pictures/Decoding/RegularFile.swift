import Foundation

/// Reads a whole file, if it is a regular one within the limits.
///
/// Opening without blocking and looking before reading means that a pipe in a folder of pictures
/// cannot hang a run.
func readRegularFile(_ path: String, limits: DecodingLimits) throws -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
  guard descriptor >= 0 else { throw PictureError.unreadable(reason: systemReason()) }
  defer { close(descriptor) }

  var status = stat()
  guard fstat(descriptor, &status) == 0 else {
    throw PictureError.unreadable(reason: systemReason())
  }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw PictureError.notARegularFile(kind: kindName(ofMode: status.st_mode))
  }
  let size = Int(status.st_size)
  try limits.check(fileBytes: size)

  return try [UInt8](unsafeUninitializedCapacity: size) { buffer, initializedCount in
    while initializedCount < size {
      let rest = UnsafeMutableBufferPointer(rebasing: buffer[initializedCount...])
      let count = read(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        guard errno == EINTR else { throw PictureError.unreadable(reason: systemReason()) }
      } else if count == 0 {
        return
      } else {
        initializedCount += count
      }
    }
  }
}

/// What the system says about its last failure.
func systemReason() -> String {
  String(cString: strerror(errno))
}

private func kindName(ofMode mode: mode_t) -> String {
  switch mode & S_IFMT {
  case S_IFDIR: "a directory"
  case S_IFIFO: "a pipe"
  case S_IFSOCK: "a socket"
  default: "a device"
  }
}
