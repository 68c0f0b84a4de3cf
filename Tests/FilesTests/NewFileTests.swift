import Files
import Foundation
import Testing

@Suite("A new file")
struct NewFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("takes its name when it is complete, and leaves the old file alone until then")
  func replacement() throws {
    try folder.write("old", to: "notes")
    let file = try NewFile(folder.path("notes"))
    try file.append(Array("..w and whole".utf8))
    try file.overwrite(Array("ne".utf8), at: 0)
    #expect(file.byteCount == 13)
    #expect(try folder.text(of: "notes") == "old")
    let partial = try #require(PartialFile.all(in: folder.path).first)
    #expect(partial.name == "notes")
    #expect(try folder.names == [URL(fileURLWithPath: partial.path).lastPathComponent, "notes"])

    try file.publish()
    #expect(try folder.text(of: "notes") == "new and whole")
    #expect(try folder.names == ["notes"])
  }

  @Test("is written in one call, to last or not", arguments: [true, false])
  func whole(isDurable: Bool) throws {
    try NewFile.write("a line\n", to: folder.path("text"), isDurable: isDurable)
    try NewFile.write(Data([0, 255]), to: folder.path("bytes"), isDurable: isDurable)
    #expect(try folder.text(of: "text") == "a line\n")
    #expect(FileManager.default.contents(atPath: folder.path("bytes")) == Data([0, 255]))
    #expect(try folder.names == ["bytes", "text"])
  }

  @Test("removes itself when it is given up")
  func givenUp() throws {
    try folder.write("old", to: "notes")
    do {
      let file = try NewFile(folder.path("notes"))
      try file.append([1, 2, 3])
    }
    #expect(try folder.names == ["notes"])
    #expect(try folder.text(of: "notes") == "old")
  }

  @Test("replaces nothing when what is on disk is found wrong, and leaves nothing")
  func refused() throws {
    struct Wrong: Error {}
    try folder.write("old", to: "notes")
    #expect(throws: Wrong.self) {
      let file = try NewFile(folder.path("notes"))
      try file.append(Array("new".utf8))
      try file.publish { path in
        #expect(FileManager.default.contents(atPath: path) == Data("new".utf8))
        throw Wrong()
      }
    }
    #expect(try folder.names == ["notes"])
    #expect(try folder.text(of: "notes") == "old")
  }

  @Test("tells how much of it is on disk, piece by piece")
  func progress() throws {
    var told: [Int] = []
    let file = try NewFile(folder.path("large")) { told.append($0) }
    let bytes = [UInt8](repeating: 1, count: 50 << 20)
    for _ in 0..<3 { try file.append(bytes) }
    try file.publish()
    #expect(told == [64 << 20, 128 << 20])
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("large"))
    #expect(attributes[.size] as? Int == 150 << 20)
  }

  @Test("that the system refuses has its reason, and leaves nothing")
  func refusedBySystem() throws {
    #expect(throws: SystemError(number: ENOENT)) {
      try NewFile.write("", to: folder.path("missing/notes"))
    }
    try FileManager.default.createDirectory(
      atPath: folder.path("taken"), withIntermediateDirectories: false)
    #expect(throws: SystemError(number: EISDIR)) {
      try NewFile.write("", to: folder.path("taken"))
    }
    #expect(try folder.names == ["taken"])
  }

  @Test("is found by its temporary name when its writer was killed, and nothing else is")
  func leftBehind() throws {
    let partial = [".a.txt.1x2y.partial", ".b.0.partial"]
    let others = ["a.txt", ".partial", ".a.partial", "a.1x2y.partial", ".a.1x2y.partial~"]
    for name in partial + others { try folder.write("", to: name) }
    #expect(PartialFile.all(in: folder.path).map(\.name).sorted() == ["a.txt", "b"])
    PartialFile.all(of: folder.path("a.txt")).forEach { $0.remove() }
    #expect(try folder.names == (others + [partial[1]]).sorted())
    #expect(PartialFile.all(in: folder.path("missing")).isEmpty)
  }
}
