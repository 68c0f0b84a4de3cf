import ArgumentParser
import Foundation

/// The file names that a command which writes a PNG refuses.
enum PNGOutput {
  private static let otherFormats: Set = [
    "bmp", "gif", "heic", "jpeg", "jpg", "pdf", "svg", "tif", "tiff", "webp",
  ]

  /// Throws `ValidationError` if the name of the file at `path` promises another format.
  static func check(_ path: String) throws {
    let ending = URL(fileURLWithPath: path).pathExtension
    guard !otherFormats.contains(ending.lowercased()) else {
      throw ValidationError(
        "\(path) would be a PNG, whatever its name says; let the name end in .png")
    }
  }
}
