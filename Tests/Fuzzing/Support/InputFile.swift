import Foundation

/// A file in memory that holds the input at hand, for what opens files by their paths.
public final class InputFile {
  private let descriptor: Int32

  /// Creates an empty file.
  public init() {
    var path = Array("/dev/shm/fuzz-input-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0, unlink(path) == 0 else {
      fatalError("no file in memory: \(String(cString: strerror(errno)))")
    }
  }

  /// Where the file can be opened, as often as need be.
  public var path: String { "/proc/self/fd/\(descriptor)" }

  /// Makes `bytes` all that the file holds; nobody may have it mapped any more.
  public func hold(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard ftruncate(descriptor, 0) == 0,
      pwrite(descriptor, bytes.baseAddress, bytes.count, 0) == bytes.count
    else { fatalError("the input could not be written: \(String(cString: strerror(errno)))") }
  }
}
