import Foundation
import Pictures
import Portraits
import Testing

@Suite("Image stores")
struct ImageStoreTests {
  @Test("a store holds every picture as it is decoded and resized, with label and path")
  func contents() throws {
    let files = try PortraitFiles()
    try files.addJPEG("old masters/1.dat", gray: 40)
    try files.addPNG("modern/2.jpg", gray: 90)
    try files.addPNG("0.png", gray: 200)
    let options = ImageStore.Options(imageSize: 8, fit: .pad, background: .black)
    let store = try ImageStore.build(
      folder: files.path, options: options, to: files.path(of: ".packed.portraits"))

    #expect(store.count == 3)
    #expect(store.imageSize == 8)
    #expect(store.fit == .pad)
    #expect(store.background == .black)
    #expect(store.labels == ["", "modern", "old masters"])
    #expect((0..<3).map(store.label) == [0, 1, 2])
    #expect((0..<3).map(store.relativePath) == ["0.png", "modern/2.jpg", "old masters/1.dat"])
    for index in 0..<3 {
      let picture = try Picture(contentsOf: files.path(of: store.relativePath(of: index)))
      #expect(store.picture(at: index) == picture.resized(to: 8, fit: .pad, background: .black))
    }
  }

  @Test("files that cannot be used are left out and reported with reasons, then and later")
  func skippedFiles() throws {
    let files = try PortraitFiles(portraits: 3)
    let png = try files.bytes(of: "0.png")
    try files.add("zero.png", bytes: [])
    try files.add("notes.txt", bytes: "Buy paint.".utf8)
    try files.add("cut.png", bytes: png.prefix(png.count / 2))
    try files.addLink("dangling.png", to: "nothing")
    let path = files.path(of: ".packed.portraits")
    let options = ImageStore.Options(imageSize: 4)
    let built = try ImageStore.build(folder: files.path, options: options, to: path)
    #expect(built.count == 3)
    #expect(built.skipped.map(\.path) == ["cut.png", "dangling.png", "notes.txt", "zero.png"])
    #expect(built.skipped.allSatisfy { !$0.reason.isEmpty })
    #expect(built.skipped[3].reason == "\(PictureError.empty)")
    #expect(try ImageStore.open(path).skipped == built.skipped)
  }

  @Test("a name that is no text is reported")
  func unreadableName() throws {
    let files = try PortraitFiles(portraits: 1)
    let path = Array(files.path(of: "caf").utf8CString.dropLast()) + [CChar(bitPattern: 0xE9), 0]
    let descriptor = creat(path, 0o600)
    try #require(descriptor >= 0)
    close(descriptor)
    let store = try ImageStore.build(
      folder: files.path, options: ImageStore.Options(imageSize: 4),
      to: files.path(of: ".packed.portraits"))
    #expect(store.count == 1)
    #expect(store.skipped.map(\.reason) == ["has a name that is not valid UTF-8; rename it"])
  }

  @Test("a folder with nothing usable is an error that says why")
  func nothingUsable() throws {
    let files = try PortraitFiles()
    try files.add("notes.txt", bytes: "Buy paint.".utf8)
    let path = files.path(of: ".packed.portraits")
    let error = portraitError {
      _ = try ImageStore.build(
        folder: files.path, options: ImageStore.Options(imageSize: 4), to: path)
    }
    guard case .nothingUsable(files.path, let skipped) = error else {
      Issue.record("The error is \(String(describing: error)).")
      return
    }
    #expect(skipped == [SkippedFile(path: "notes.txt", reason: "\(PictureError.notAPicture)")])
    #expect(error.map { "\($0)".contains("notes.txt") } == true)
    #expect(files.names == ["notes.txt"])
  }

  @Test("the file is the same, byte for byte, for any number of threads")
  func threads() throws {
    let files = try PortraitFiles(portraits: 100)
    try files.add("50-junk", bytes: [0])
    let options = ImageStore.Options(imageSize: 4)
    for (name, threads) in [(".one", 1), (".three", 3)] {
      _ = try ImageStore.build(
        folder: files.path, options: options, to: files.path(of: name), threads: threads)
    }
    #expect(try files.bytes(of: ".one") == files.bytes(of: ".three"))
  }

  @Test("the digest follows pixels and labels, and is that of the same images in memory")
  func contentDigest() throws {
    let files = try PortraitFiles(portraits: 4)
    let options = ImageStore.Options(imageSize: 4)
    let path = files.path(of: ".packed.portraits")
    let store = try ImageStore.build(folder: files.path, options: options, to: path)
    let copy = InMemoryPortraits(
      imageSize: 4, pixels: (0..<4).flatMap { store.picture(at: $0).pixels },
      imageLabels: (0..<4).map(store.label), labels: store.labels)
    #expect(copy.contentDigest == store.contentDigest)

    try files.addPNG("3.png", gray: 255)
    let repainted = try ImageStore.build(folder: files.path, options: options, to: path)
    #expect(repainted.contentDigest != store.contentDigest)
    try files.remove("3.png")
    try files.addPNG("sub/3.png", gray: 255)
    let relabelled = try ImageStore.build(folder: files.path, options: options, to: path)
    #expect(relabelled.contentDigest != repainted.contentDigest)
    // A store that was replaced stays readable where it is open.
    #expect(store.picture(at: 3).pixels == copy.withPixels(of: 3) { Array($0) })
  }

  @Test("a store that cannot be written is an error, and leaves nothing behind")
  func unwritable() throws {
    let files = try PortraitFiles(portraits: 1)
    let path = files.path(of: "no/such/folder.portraits")
    let error = portraitError {
      _ = try ImageStore.build(
        folder: files.path, options: ImageStore.Options(imageSize: 4), to: path)
    }
    guard case .storeUnwritable(path, _) = error else {
      Issue.record("The error is \(String(describing: error)).")
      return
    }
    #expect(files.names == ["0.png"])
  }

  @Test("progress counts every file once")
  func progress() throws {
    let files = try PortraitFiles(portraits: 70)
    var counts: [Int] = []
    _ = try ImageStore.build(
      folder: files.path, options: ImageStore.Options(imageSize: 4), to: files.path(of: ".packed")
    ) { progress in
      if case .decoded(let done, of: 70) = progress { counts.append(done) }
    }
    #expect(counts == [0, 32, 64, 70])
  }
}

@Suite("Content digests")
struct ContentDigestTests {
  @Test(
    "are those of the published FNV-1a test vectors",
    arguments: [
      ("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8"),
    ])
  func vectors(text: String, expected: String) {
    #expect(ContentDigest(of: text.utf8).description == expected)
    #expect(ContentDigest(hexadecimal: expected) == ContentDigest(of: text.utf8))
  }
}
