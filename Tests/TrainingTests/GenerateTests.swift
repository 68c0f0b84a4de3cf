import Foundation
import MPIRunSupport
import Pictures
import Testing
import Training

extension ProgramTests {
  @Suite("making portraits")
  struct GenerateTests {
    private let program: Program

    /// Trains a model for so few steps that its average differs from its newest weights.
    init() throws {
      program = try Program()
      let outcome = try program.train(into: "run", steps: 3)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    private func run(_ output: String, _ options: [String]) throws -> MPIRun.Outcome {
      try program.run(
        ["generate", program.path("run"), "--threads", "1", "--output", program.path(output)]
          + options)
    }

    private func picture(_ output: String, _ options: String...) throws -> Picture {
      let outcome = try run(output, options)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(
        outcome.standardOutput.contains(
          #/^\S+\.png: (1 portrait|(?!1 )\d+ (portraits|walks of 5 portraits)) by \S+ \(dcgan, step 3, (ema|raw)\)\n$/#
        ),
        "\(outcome.standardOutput)")
      return try Picture(contentsOf: program.path(output))
    }

    @Test("lays a sheet out by the number of portraits")
    func grid() throws {
      for (count, rows, columns) in [(1, 1, 1), (6, 2, 3), (7, 3, 3), (16, 4, 4)] {
        let sheet = try picture("sheet\(count).png", "--count", "\(count)")
        #expect(sheet.width == columns * 34 + 2 && sheet.height == rows * 34 + 2)
        // Places are taken in reading order; one that is empty is white, a portrait is not.
        for place in 0..<rows * columns {
          let isWhite = sheet.tile(row: place / columns, column: place % columns)
            .allSatisfy { $0 == 255 }
          #expect(isWhite == (place >= count), "place \(place) of \(count)")
        }
      }
    }

    @Test("walks from each portrait to the next, a row a walk")
    func interpolation() throws {
      let sheet = try picture(
        "walk.png", "--layout", "interpolation", "--count", "3", "--steps-between", "5")
      #expect(sheet.width == 5 * 34 + 2 && sheet.height == 3 * 34 + 2)
      let portraits = try picture("sheet.png", "--count", "4")
      // Four portraits make two rows of two on the sheet.
      let anchors = (0..<4).map { portraits.tile(row: $0 / 2, column: $0 % 2) }
      for row in 0..<3 {
        let walk = (0..<5).map { sheet.tile(row: row, column: $0) }
        for (found, anchor) in [(walk[0], anchors[row]), (walk[4], anchors[row + 1])] {
          #expect(zip(found, anchor).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
        }
        #expect(Set(walk).count == 5)
      }
    }

    @Test("writes a file a portrait, each the same however many are asked for")
    func files() throws {
      for count in [3, 5] {
        let outcome = try run("files\(count)", ["--layout", "files", "--count", "\(count)"])
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      }
      let (three, five) = try (program.contents(of: "files3"), program.contents(of: "files5"))
      #expect(three.keys.sorted() == (0..<3).map { "00000\($0).png" })
      #expect(five.keys.sorted() == (0..<5).map { "00000\($0).png" })
      for (name, bytes) in three { #expect(five[name] == bytes, "\(name)") }
      #expect(Set(five.values).count == 5)
      expectRefusal(
        try run("files3", ["--layout", "files", "--count", "5"]), code: 64,
        "\(program.path("files3")) is not empty; name a new folder with --output")
      #expect(try program.contents(of: "files3") == three)
      let first = try Picture(contentsOf: program.path("files3/000000.png"))
      #expect(first.width == 32 && first.height == 32)
    }

    @Test("depends on the seed and on the weights, and on nothing else")
    func choices() throws {
      let usual = try picture("a.png", "--count", "4")
      #expect(try picture("b.png", "--count", "4", "--seed", "1", "--weights", "ema") == usual)
      #expect(try picture("c.png", "--count", "4", "--seed", "2") != usual)
      #expect(try picture("d.png", "--count", "4", "--weights", "raw") != usual)
      for source in [program.checkpointFile(of: "run", step: 3), program.path("run/checkpoints")] {
        let outcome = try program.run([
          "generate", source, "--count", "4", "--output", program.path("e.png"),
        ])
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        #expect(try Picture(contentsOf: program.path("e.png")) == usual)
      }
    }

    @Test("says which newer checkpoints had to be passed over, and so does evaluate")
    func passedOver() throws {
      let trained = try program.train(into: "two", steps: 2, ["--checkpoint-every", "1"])
      try #require(trained.exitCode == 0, "\(trained.standardError)")
      try program.write("damaged", to: "two/checkpoints/step-0000002.safetensors")
      let newest = program.checkpointFile(of: "two", step: 2)
      let commands = [
        ["generate", program.path("two"), "--output", program.path("two.png")],
        ["evaluate", program.path("two"), "--metrics", "ms-ssim", "--images", "12"],
      ]
      for command in commands {
        let outcome = try program.run(command + ["--threads", "1"])
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        #expect(outcome.standardOutput.contains("passed over: \(newest)"))
        #expect(
          outcome.standardOutput.contains("(dcgan, step 1, ema)"), "\(outcome.standardOutput)")
      }
    }

    @Test("refuses numbers out of range")
    func numbers() throws {
      let walk = ["--layout", "interpolation"]
      for (options, sentence) in [
        (["--count", "0"], "--count must be between 1 and 4096 for --layout grid"),
        (["--count=-1"], "--count must be between 1 and 4096 for --layout grid"),
        (walk + ["--count", "65"], "--count must be between 1 and 64 for --layout interpolation"),
        (walk + ["--steps-between", "1"], "--steps-between must be between 2 and 64"),
        (["--layout", "pile"], "The value 'pile' is invalid for '--layout <layout>'"),
      ] {
        expectRefusal(try run("x.png", options), code: 64, sentence)
        #expect(!FileManager.default.fileExists(atPath: program.path("x.png")))
      }
    }

    @Test("refuses to call a PNG by the name of another format")
    func otherFormat() throws {
      for name in ["x.jpg", "x.WebP"] {
        expectRefusal(
          try run(name, []), code: 64, "\(name) would be a PNG, whatever its name says")
        #expect(!FileManager.default.fileExists(atPath: program.path(name)))
      }
      // A folder is called what its owner likes.
      let outcome = try run("x.jpg", ["--layout", "files", "--count", "1"])
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    @Test("refuses paths without a checkpoint, and to be started as several ranks")
    func refused() throws {
      let output = ["--output", program.path("x.png")]
      try program.write("no checkpoint", to: "file")
      try program.write("no checkpoint either", to: "folder/file")
      for name in ["missing", "file", "folder"] {
        expectRefusal(
          try program.run(["generate", program.path(name)] + output), code: 65,
          program.path(name))
      }
      let several = try program.run(ranks: 2, ["generate", program.path("run")] + output)
      #expect(several.exitCode == 64 && !several.hasTimedOut)
      #expect(
        several.standardError.contains("generate is the work of one process, not of 2"))
      #expect(!FileManager.default.fileExists(atPath: program.path("x.png")))
    }

    @Test("says so when the output cannot be written")
    func unwritable() throws {
      try program.write("a file, no folder", to: "file")
      for layout in ["grid", "files", "interpolation"] {
        expectRefusal(
          try run("file/x", ["--layout", layout, "--count", "1"]), code: 74,
          "cannot write \(program.path("file/x")) (Not a directory)")
      }
    }
  }
}

extension Picture {
  /// The pixels of one portrait on a sheet of portraits of 32 pixels, 2 pixels apart.
  fileprivate func tile(row: Int, column: Int) -> [UInt8] {
    (0..<32).flatMap { line in
      let start = ((2 + row * 34 + line) * width + 2 + column * 34) * 3
      return pixels[start..<start + 32 * 3]
    }
  }
}
