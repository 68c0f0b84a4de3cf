import Files
import Foundation

/// A whole file, mapped into memory for reading.
///
/// The file must not be shortened while it is mapped; image stores are only ever replaced.
final class MappedFile: @unchecked Sendable {
  /// The file's bytes, valid as long as the object.
  let bytes: UnsafeRawBufferPointer

  /// Maps the file at `path`.
  ///
  /// - Throws: `PortraitError.storeUnreadable`.
  init(_ path: String) throws {
    do {
      bytes = try RegularFile(path).map()
    } catch {
      throw PortraitError.storeUnreadable(path: path, reason: "\(error)")
    }
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
