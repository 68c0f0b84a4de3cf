import Foundation
import Pictures
import Portraits

/// A folder that lasts as long as the object, for tests to put portraits into.
final class PortraitFiles {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/portraits-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  /// Makes a folder with `count` distinct PNG portraits of 5×4 pixels.
  convenience init(portraits count: Int) throws {
    try self.init()
    for index in 0..<count { try addPNG("\(index).png", gray: UInt8(index * 7 % 256)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func path(of name: String) -> String { path + "/" + name }

  func add(_ name: String, bytes: some Sequence<UInt8>) throws {
    let folder = URL(fileURLWithPath: path(of: name)).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path(of: name)))
  }

  func addPNG(_ name: String, gray: UInt8) throws {
    try add(name, bytes: Self.picture(gray: gray).pngBytes())
  }

  func addJPEG(_ name: String, gray: UInt8) throws {
    try add(name, bytes: Self.picture(gray: gray).jpegBytes())
  }

  func addLink(_ name: String, to destination: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path(of: name), withDestinationPath: destination)
  }

  func addFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path(of: name), withIntermediateDirectories: true)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path(of: name))
  }

  func bytes(of name: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path(of: name))))
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  static func picture(gray: UInt8) -> Picture {
    Picture.filled(with: RGB(red: gray, green: gray, blue: gray), width: 5, height: 4)
  }
}

/// Returns the error that `body` throws if it is a `PortraitError`.
func portraitError(_ body: () throws -> Void) -> PortraitError? {
  do {
    try body()
    return nil
  } catch {
    return error as? PortraitError
  }
}

/// Returns `count` images of `size` pixels squared whose bytes are all different in their pattern.
func patternedPortraits(count: Int, size: Int) -> InMemoryPortraits {
  let pixels = (0..<count * size * size * 3).map {
    UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13)
  }
  return InMemoryPortraits(
    imageSize: size, pixels: pixels, imageLabels: (0..<count).map { $0 % 2 },
    labels: ["even", "odd"])
}
