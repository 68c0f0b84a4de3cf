import Foundation

/// A file under its temporary name, `.NAME.RANDOM.partial`: one that is being written, or that a
/// process which was killed has left.
///
/// Which of the two it is cannot be seen. Only who holds the lock of what is written there knows
/// that nobody else writes it, and may remove it.
package struct PartialFile {
  /// Where it lies.
  package let path: String
  /// The name, in the same folder, that it was to get once complete.
  package let name: String

  private static let end = ".partial"

  /// Makes up a name that no thread, process or host takes for another file at `finalPath`.
  init(besides finalPath: String) {
    let url = URL(fileURLWithPath: finalPath)
    name = url.lastPathComponent
    let mark = String(UInt64.random(in: .min ... .max), radix: 36)
    path =
      url.deletingLastPathComponent().appendingPathComponent(".\(name).\(mark)\(Self.end)").path
  }

  /// Reads the name of the file at `path`; nil if that is no temporary one.
  package init?(_ path: String) {
    let fileName = URL(fileURLWithPath: path).lastPathComponent
    guard fileName.hasPrefix("."), fileName.hasSuffix(Self.end),
      let dot = fileName.dropLast(Self.end.count).lastIndex(of: "."), dot > fileName.startIndex
    else { return nil }
    self.path = path
    name = String(fileName[..<dot].dropFirst())
  }

  /// Returns all in `folder`.
  package static func all(in folder: String) -> [PartialFile] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.compactMap { PartialFile("\(folder)/\($0)") }
  }

  /// Returns those that were to stand at `finalPath`.
  package static func all(of finalPath: String) -> [PartialFile] {
    let url = URL(fileURLWithPath: finalPath)
    return all(in: url.deletingLastPathComponent().path).filter { $0.name == url.lastPathComponent }
  }

  package func remove() {
    unlink(path)
  }
}
