import Foundation
import Safetensors
import Testing

@Suite("Replacing a safetensors file")
struct ReplacementTests {
  private struct OutOfPaint: Error {}

  private let folder = TemporaryFolder()

  @Test("A failed write leaves the old file whole and nothing beside it")
  func failedWrite() throws {
    let path = folder.path("model.safetensors")
    var first = SafetensorsWriter()
    first.add("w", shape: [2], floats: [1, 2])
    try first.write(to: path)

    var second = SafetensorsWriter()
    second.add("a", shape: [2], floats: [3, 4])
    second.add("b", shape: [2]) { _ in throw OutOfPaint() }
    #expect(throws: OutOfPaint.self) { try second.write(to: path) }

    #expect(try SafetensorsFile(contentsOf: path).floats(named: "w") == [1, 2])
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(left == ["model.safetensors"])
  }

  @Test("What is on disk of a large file is told piece by piece")
  func progress() throws {
    let floats = [Float](repeating: 1, count: 20 << 20)
    var writer = SafetensorsWriter()
    writer.add("w", shape: [floats.count], floats: floats)
    var told: [Int] = []
    let byteCount = try writer.write(to: folder.path("large.safetensors")) { told.append($0) }
    #expect(told == [64 << 20])
    #expect(byteCount > floats.count * 4)
  }

  @Test("A file that does not read back as it was written replaces nothing, and leaves nothing")
  func differentWhenReadBack() throws {
    let path = folder.path("model.safetensors")
    var first = SafetensorsWriter()
    first.add("w", shape: [2], floats: [1, 2])
    try first.write(to: path)

    var second = SafetensorsWriter()
    second.add("a", shape: [2], floats: [3, 4])
    second.add("b", shape: [2]) { write in
      try damageLastByte(of: #require(try partialFile()))
      try [5, 6].withUnsafeBufferPointer { try write($0) }
    }
    let error = #expect(throws: SafetensorsError.self) { try second.write(to: path) }
    guard case .readsBackDifferently(path, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("is damaged"))
    #expect(try SafetensorsFile(contentsOf: path).floats(named: "w") == [1, 2])
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(left == ["model.safetensors"])
  }

  /// The file that is being written.
  private func partialFile() throws -> String? {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
      .first { $0.hasSuffix(".partial") }.map { folder.path($0) }
  }

  /// Does what a failing disk may do to the last byte of a file.
  private func damageLastByte(of path: String) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? handle.close() }
    let last = try handle.seekToEnd() - 1
    try handle.seek(toOffset: last)
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: last)
    try handle.write(contentsOf: [byte ^ 1])
  }

  @Test("A reader of the old file goes on reading it while a new one takes its place")
  func concurrentReader() throws {
    let path = folder.path("latest.safetensors")
    for value in [Float(1), 2] {
      var writer = SafetensorsWriter()
      writer.add("w", shape: [1], floats: [value])
      if value == 1 {
        try writer.write(to: path)
      } else {
        let old = try SafetensorsFile(contentsOf: path)
        try writer.write(to: path)
        #expect(try old.floats(named: "w") == [1])
      }
    }
    #expect(try SafetensorsFile(contentsOf: path).floats(named: "w") == [2])
  }

  @Test("A folder that does not exist is an error that names the file")
  func missingFolder() {
    let path = folder.path("nowhere/model.safetensors")
    do {
      try SafetensorsWriter().write(to: path)
      Issue.record("a file was written into a missing folder")
    } catch SafetensorsError.cannotWrite(path, let reason) {
      #expect(reason.contains("no such file"))
    } catch {
      Issue.record(error)
    }
  }

  @Test("A folder under the wanted name is left alone")
  func folderInTheWay() throws {
    let path = folder.path("taken")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(throws: SafetensorsError.self) { try SafetensorsWriter().write(to: path) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["taken"])
  }
}
