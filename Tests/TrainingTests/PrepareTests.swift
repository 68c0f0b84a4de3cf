import Foundation
import MPIRunSupport
import Pictures
import Portraits
import Testing
import Training

extension ProgramTests {
  @Suite("packing a folder")
  struct PrepareTests {
    private let program: Program

    init() throws {
      program = try Program()
      for index in 0..<12 {
        // Not square, and of a format each in turn.
        let gray = UInt8(index * 20)
        let picture = Picture.filled(
          with: RGB(red: gray, green: 80, blue: gray), width: 40, height: 50)
        let folder = index < 8 ? "ada" : "grace"
        try program.write("", to: "faces/\(folder)/.keep")
        let file = program.path("faces/\(folder)/\(index)")
        if index.isMultiple(of: 2) {
          try picture.writePNG(to: "\(file).png")
        } else {
          try Data(picture.jpegBytes()).write(to: URL(fileURLWithPath: "\(file).jpg"))
        }
      }
      try program.write("this is no picture", to: "faces/grace/notes.jpg")
    }

    private func prepare(_ options: String...) throws -> MPIRun.Outcome {
      try program.run(
        ["prepare", program.path("faces"), "--threads", "1", "--image-size", "32"] + options)
    }

    @Test("says what was packed and what was skipped, and makes a store to train on")
    func packed() throws {
      let store = program.path("faces.store")
      let outcome = try prepare("--output", store)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let lines = outcome.standardOutput.split(separator: "\n")
      let skipped = lines.filter { $0.hasPrefix("skipped ") }
      #expect(skipped.count == 1)
      let reason = try #require(skipped.first).dropFirst("skipped grace/notes.jpg: ".count)
      #expect(skipped[0].hasPrefix("skipped grace/notes.jpg: ") && reason.count > 10)
      #expect(lines.contains("12 portraits of 32 × 32 pixels, 1 file skipped"))
      #expect(lines.contains("  8 in ada") && lines.contains("  4 in grace"))
      #expect(lines.last == "packed into \(store)")

      let read = try ImageStore.open(store)
      #expect(read.count == 12 && read.labels == ["ada", "grace"])
      for index in 0..<read.count {
        let path = read.relativePath(of: index)
        #expect(path.hasPrefix(read.labels[read.label(of: index)] + "/"))
        let number = try #require(Int(path.split(separator: "/")[1].prefix { $0 != "." }))
        // Each file was filled with one colour, which JPEG keeps but for rounding.
        read.withPixels(of: index) { pixels in
          let wanted = [number * 20, 80, number * 20]
          #expect(pixels.indices.allSatisfy { abs(Int(pixels[$0]) - wanted[$0 % 3]) <= 3 })
        }
      }

      let training = try program.train(ranks: 2, into: "run", steps: 2, ["--data", store])
      try #require(training.exitCode == 0, "\(training.standardError)")
      #expect(training.standardOutput.contains("12 portraits of \(store) in 2 folders"))
      #expect(program.records(of: "run").count == 2)
    }

    @Test("makes a store that refuses to be trained on at another size", arguments: [1, 2])
    func otherSize(ranks: Int) throws {
      let store = program.path("faces.store")
      let outcome = try prepare("--output", store)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      expectRefusal(
        try program.train(
          ranks: ranks, into: "run", steps: 1, ["--data", store, "--image-size", "64"]),
        code: 64, "\(store) holds images of 32 pixels, not 64; use --image-size 32")
      #expect(!FileManager.default.fileExists(atPath: program.path("run")))
    }

    @Test("leaves a store in the cache where training finds it")
    func cached() throws {
      let cache = program.path("stores")
      let outcome = try prepare("--cache", cache)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(outcome.standardOutput.contains("decoded 13 of 13 files"))
      #expect(outcome.standardOutput.hasSuffix("packed into the cache, where train finds it\n"))
      let before = try program.contents(of: "stores")
      #expect(!before.isEmpty)
      let training = try program.train(
        into: "run", steps: 1, ["--data", program.path("faces"), "--cache", cache])
      try #require(training.exitCode == 0, "\(training.standardError)")
      #expect(!training.standardOutput.contains("decoded "))
      #expect(try program.contents(of: "stores") == before)
    }

    @Test("keeps its cache in the home folder that the environment names")
    func home() throws {
      let home = program.path("home")
      let outcome = try program.run(
        ["prepare", program.path("faces"), "--threads", "1", "--image-size", "32"],
        environment: ["HOME": home, "XDG_CACHE_HOME": ""])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(try program.contents(of: "home/.cache/gan-dist").count == 1)
    }

    @Test("writes over a store that it has made, and over nothing else")
    func existingFile() throws {
      let store = program.path("faces.store")
      for _ in 1...2 {
        let outcome = try prepare("--output", store)
        #expect(outcome.exitCode == 0, "\(outcome.standardError)")
      }
      try program.write("a thesis", to: "thesis")
      for name in ["thesis", "faces"] {
        expectRefusal(
          try prepare("--output", program.path(name)), code: 64,
          "\(program.path(name)) exists and is not an image store")
      }
      #expect(FileManager.default.contents(atPath: program.path("thesis")) == Data("a thesis".utf8))
    }

    @Test("is the work of one process")
    func severalRanks() throws {
      let outcome = try program.run(
        ranks: 2, ["prepare", program.path("faces"), "--output", program.path("faces.store")])
      #expect(outcome.exitCode == 64 && !outcome.hasTimedOut)
      #expect(outcome.standardError.contains("prepare is the work of one process, not of 2"))
      #expect(!FileManager.default.fileExists(atPath: program.path("faces.store")))
    }
  }
}
