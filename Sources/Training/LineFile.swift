import Foundation

/// A file that grows by lines.
///
/// Lines that cannot be written, on a full disk for instance, wait until they can.
final class LineFile {
  private let handle: FileHandle
  /// Where the last whole line ends.
  private var end: UInt64
  private var pending = Data()

  /// Opens the file at `path`, or makes it.
  /// - Throws: ``TrainingError`` if it cannot be written.
  init(appendingTo path: String) throws {
    do {
      if !FileManager.default.fileExists(atPath: path) {
        try Data().write(to: URL(fileURLWithPath: path))
      }
      handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      end = try handle.seekToEnd()
    } catch {
      throw TrainingError.unwritable(path, because: error)
    }
  }

  /// Appends `line`, after those that could not be written before.
  func append(_ line: Data) throws {
    pending += line
    pending.append(UInt8(ascii: "\n"))
    do {
      try handle.write(contentsOf: pending)
      end += UInt64(pending.count)
      pending = Data()
    } catch {
      // What there was room for would be half a line, or come twice.
      try? handle.truncate(atOffset: end)
      throw error
    }
  }
}
