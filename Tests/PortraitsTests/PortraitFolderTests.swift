import Foundation
import Portraits
import Testing

@Suite("Portrait folders")
struct PortraitFolderTests {
  @Test("files of all subfolders are listed by the bytes of their paths, hidden ones left out")
  func order() throws {
    let files = try PortraitFiles()
    for name in ["b.png", "B.png", "a/z.png", "a/b/c.png", "a-.png", "é.png", ".hidden.png"] {
      try files.add(name, bytes: [1])
    }
    try files.add(".git/x.png", bytes: [1])
    let folder = try PortraitFolder(scanning: files.path)
    #expect(
      folder.files.map(\.path) == ["B.png", "a-.png", "a/b/c.png", "a/z.png", "b.png", "é.png"])
    #expect(folder.files.map(\.label) == ["", "", "a/b", "a", "", ""])
    #expect(folder.skipped.isEmpty)
  }

  @Test("links are followed, but not round in circles")
  func links() throws {
    let files = try PortraitFiles()
    let elsewhere = try PortraitFiles(portraits: 2)
    try files.add("real/a.png", bytes: [1])
    try files.addLink("real/up", to: files.path)
    try files.addLink("again", to: "real")
    try files.addLink("friends", to: elsewhere.path)
    try elsewhere.addLink("back", to: files.path)
    try files.addLink("single.png", to: elsewhere.path(of: "1.png"))
    try files.addLink("nowhere.png", to: "missing")
    let folder = try PortraitFolder(scanning: files.path)
    #expect(
      folder.files.map(\.path) == ["friends/0.png", "friends/1.png", "real/a.png", "single.png"])
    #expect(folder.skipped.map(\.path) == ["nowhere.png"])
  }

  @Test("a pipe is reported, not read")
  func pipe() throws {
    let files = try PortraitFiles(portraits: 1)
    #expect(mkfifo(files.path(of: "pipe.png"), 0o600) == 0)
    let folder = try PortraitFolder(scanning: files.path)
    #expect(
      folder.skipped == [
        SkippedFile(path: "pipe.png", reason: "is neither a regular file nor a folder")
      ])
  }

  @Test("a folder that is missing, a file, or empty is an error of its own")
  func errors() throws {
    let files = try PortraitFiles()
    let missing = files.path(of: "missing")
    #expect(
      portraitError { _ = try PortraitFolder(scanning: missing) } == .folderMissing(path: missing))
    #expect(
      portraitError { _ = try PortraitFolder(scanning: files.path) }
        == .folderEmpty(path: files.path))
    try files.addFolder("empty/of/everything")
    #expect(
      portraitError { _ = try PortraitFolder(scanning: files.path) }
        == .folderEmpty(path: files.path))
    try files.addPNG("a.png", gray: 1)
    let file = files.path(of: "a.png")
    #expect(portraitError { _ = try PortraitFolder(scanning: file) } == .notAFolder(path: file))
  }
}
