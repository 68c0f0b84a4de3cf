import Files
import Foundation
import Testing

@Suite("A regular file")
struct RegularFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("is read from any place, up to its end, and mapped")
  func reading() throws {
    try folder.write("0123456789", to: "digits")
    let file = try RegularFile(folder.path("digits"))
    #expect(file.byteCount == 10)
    var bytes = [UInt8](repeating: 0, count: 4)
    for (offset, wanted) in [(2, "2345"), (8, "89"), (10, "")] {
      let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, from: offset) }
      #expect(String(decoding: bytes[..<count], as: UTF8.self) == wanted)
    }
    let mapped = try file.map()
    #expect(mapped.elementsEqual("0123456789".utf8))
    munmap(UnsafeMutableRawPointer(mutating: mapped.baseAddress), mapped.count)

    try folder.write("", to: "empty")
    #expect(try RegularFile(folder.path("empty")).map().isEmpty)
  }

  @Test("is all that is opened: other things are named at once, a pipe without a writer too")
  func otherKinds() throws {
    try #require(mkfifo(folder.path("pipe"), 0o600) == 0)
    for (path, description) in [
      (folder.path("pipe"), "it is a pipe, not a regular file"),
      (folder.path, "it is a directory, not a regular file"),
      ("/dev/null", "it is a device, not a regular file"),
    ] {
      let error = #expect(throws: RegularFile.OtherKind.self) { try RegularFile(path) }
      #expect(error?.description == description)
    }
    #expect(throws: SystemError(number: ENOENT)) { try RegularFile(folder.path("missing")) }
  }
}
