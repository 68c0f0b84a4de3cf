import Foundation

/// A folder to work in that lasts as long as this does.
final class ScratchFolder: Sendable {
  private let url = FileManager.default.temporaryDirectory
    .appendingPathComponent("comparison-tests-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func contents(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path(name)))
  }
}
