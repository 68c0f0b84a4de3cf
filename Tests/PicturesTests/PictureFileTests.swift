import Foundation
import Pictures
import Testing

@Suite("Picture files")
struct PictureFileTests {
  @Test("a file is read by its content, whatever its name")
  func extensionDoesNotMatter() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/portrait.png"
      try Data(fixture("baseline-444.jpg")).write(to: URL(fileURLWithPath: path))
      #expect(try Picture(contentsOf: path) == Picture(decoding: fixture("baseline-444.jpg")))
    }
  }

  @Test("what is no regular file is refused at once, a pipe without a writer too")
  func irregularFiles() throws {
    try withTemporaryFolder { folder in
      #expect(throws: PictureError.notARegularFile(kind: "a directory")) {
        try Picture(contentsOf: folder)
      }
      let pipe = folder + "/pipe.jpg"
      #expect(mkfifo(pipe, 0o600) == 0)
      #expect(throws: PictureError.notARegularFile(kind: "a pipe")) {
        try Picture(contentsOf: pipe)
      }
      #expect(throws: PictureError.notARegularFile(kind: "a device")) {
        try Picture(contentsOf: "/dev/zero")
      }
      #expect(throws: PictureError.unreadable(reason: "No such file or directory")) {
        try Picture(contentsOf: folder + "/missing.jpg")
      }
    }
  }

  @Test("an empty file and a file over the limit are refused")
  func sizes() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/portrait.jpg"
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(throws: PictureError.empty) { try Picture(contentsOf: path) }

      try Data(count: 11).write(to: URL(fileURLWithPath: path))
      let limits = DecodingLimits(maximumSide: 10, maximumPixels: 10, maximumFileBytes: 10)
      #expect(throws: PictureError.tooManyBytes(count: 11, limits: limits)) {
        try Picture(contentsOf: path, limits: limits)
      }
    }
  }

  @Test("a PNG brings every pixel back", arguments: [(1, 1), (1, 300), (40, 24), (257, 129)])
  func pngRoundTrip(width: Int, height: Int) throws {
    let original = noise(width: width, height: height)
    #expect(try Picture(decoding: original.pngBytes()) == original)
  }

  @Test("a JPEG of full quality brings soft colours back within three levels")
  func jpegRoundTrip() throws {
    let decoded = try Picture(decoding: scene.jpegBytes(quality: 100))
    #expect(decoded.width == scene.width)
    let difference = largestDifference(decoded.pixels, scene.pixels)
    #expect(difference.map { $0 <= 3 } == true, "\(difference as Any)")
    #expect(try scene.jpegBytes(quality: 30).count < scene.jpegBytes(quality: 95).count)
  }

  @Test("a written PNG replaces an older one and leaves nothing else behind")
  func writing() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/grid.png"
      try noise(width: 9, height: 9).writePNG(to: path)
      try scene.writePNG(to: path)
      #expect(try Picture(contentsOf: path) == scene)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["grid.png"])
    }
  }

  @Test("a PNG that cannot be written names its path and the reason, and leaves nothing behind")
  func refusedWriting() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/missing/grid.png"
      let error = #expect(throws: PictureError.self) { try scene.writePNG(to: path) }
      #expect(error?.description == "cannot write \(path) (No such file or directory)")

      let taken = folder + "/taken"
      try FileManager.default.createDirectory(atPath: taken, withIntermediateDirectories: false)
      #expect(throws: PictureError.unwritable(path: taken, reason: "Is a directory")) {
        try scene.writePNG(to: taken)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["taken"])
    }
  }
}
