import Foundation

/// The files beside the sources of these tests.
enum Repository {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The path of the script `name` in `launch`.
  static func launcher(_ name: String) -> String {
    root.appendingPathComponent("launch/\(name)").path
  }
}
