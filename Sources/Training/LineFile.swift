import Files
import Foundation

/// A file that grows by lines.
///
/// Lines that cannot be written, on a full disk for instance, wait until they can; of more than can
/// wait, the newest are lost.
final class LineFile {
  /// The most bytes that wait, which are tens of thousands of lines.
  private static let longestBacklog = 16 << 20

  private let descriptor: Int32
  /// Where the last whole line ends.
  private var end: Int
  private var pending = Data()

  /// Opens the file at `path`, or makes it.
  /// - Throws: ``TrainingError`` if it cannot be written.
  init(appendingTo path: String) throws {
    do {
      if !FileManager.default.fileExists(atPath: path) {
        // Its name is then on disk as well.
        try NewFile.write("", to: path)
      }
      let file = open(path, O_RDWR | O_CLOEXEC)
      guard file >= 0 else { throw SystemError.last }
      let size = lseek(file, 0, SEEK_END)
      guard size >= 0 else {
        let error = SystemError.last
        close(file)
        throw error
      }
      (descriptor, end) = (file, Int(size))
    } catch {
      throw TrainingError.unwritable(path, because: error)
    }
  }

  deinit {
    close(descriptor)
  }

  /// Appends `line`, after those that could not be written before.
  /// - Throws: `SystemError` if it has to wait.
  func append(_ line: Data) throws {
    if pending.count < Self.longestBacklog {
      pending += line
      pending.append(UInt8(ascii: "\n"))
    }
    try writePending()
  }

  /// Returns when all lines are on disk.
  /// - Throws: `SystemError` if they cannot get there.
  func sync() throws {
    try writePending()
    // A device has nothing to put on disk.
    guard fdatasync(descriptor) == 0 || errno == EINVAL else { throw SystemError.last }
  }

  private func writePending() throws {
    do {
      try pending.withUnsafeBytes { try writeAll($0, to: descriptor, at: end) }
    } catch {
      // What there was room for would be half a line; if it stays, the next attempt overwrites it.
      ftruncate(descriptor, off_t(end))
      throw error
    }
    end += pending.count
    pending = Data()
  }
}
