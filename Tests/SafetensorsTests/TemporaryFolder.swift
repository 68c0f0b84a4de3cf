import Foundation

/// A folder that lasts as long as the test that made it.
final class TemporaryFolder: Sendable {
  let url: URL

  init() {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("safetensors-tests-\(UUID().uuidString)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func path(_ name: String) -> String {
    url.appendingPathComponent(name).path
  }

  /// Writes a file from its parts, without any of the writer's care.
  func writeFile(
    _ path: String, header: String, data: [UInt8], declaredHeaderLength: UInt64? = nil
  ) throws {
    let header = Array(header.utf8)
    let length = declaredHeaderLength ?? UInt64(header.count)
    try Data([length].littleEndianBytes + header + data).write(to: URL(fileURLWithPath: path))
  }
}

extension [UInt16] {
  var littleEndianBytes: [UInt8] {
    flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
}

extension [UInt64] {
  var littleEndianBytes: [UInt8] {
    flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }
}
