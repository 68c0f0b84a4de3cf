import Foundation
import MPIRunSupport
import Pictures
import Testing
import Training

extension ProgramTests {
  /// Every rank leaves with the same exit code, one sentence is printed, and nothing is written.
  @Suite("given what it cannot use")
  struct BadInputTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    @Test(
      "refuses options that do not exist or cannot be met",
      arguments: [
        (1, ["--bogus"], "Unknown option '--bogus'"),
        (2, ["--bogus"], "Unknown option '--bogus'"),
        (
          4, ["--batch-size", "10"],
          "--batch-size 10 cannot be split evenly over 4 ranks; the nearest sizes that can are "
            + "8 and 12"
        ),
        (
          2, ["--batch-size", "1"],
          "--batch-size 1 cannot be split evenly over 2 ranks; the nearest sizes that can are 2"
        ),
        (
          2, ["--model", "pggan", "--batch-size", "12"],
          "model pggan takes images 4 at a time, so --batch-size 12 does not fit 2 ranks; the nearest "
            + "sizes that do are 8 and 16"
        ),
        (1, ["--batch-size", "0"], "--batch-size is 0; it must be between 1 and 65536"),
        (
          2, ["--image-size", "48"],
          "model dcgan has no networks for images of 48 pixels; "
            + "choose --image-size 32, 64, 128 or 256"
        ),
        (1, ["--model", "paper"], "model paper is defined for images of 64 pixels, not 32"),
        (1, ["--learning-rate", "nan"], "--learning-rate must be greater than 0"),
        (1, ["--rotation", "200"], "--rotation must be between 0 and 180 degrees"),
      ] as [(Int, [String], String)])
    func options(ranks: Int, options: [String], sentence: String) throws {
      let outcome = try program.train(ranks: ranks, into: "run", steps: 1, options)
      expectRefusal(outcome, code: 64, sentence)
      #expect(!FileManager.default.fileExists(atPath: program.path("run")))
    }

    @Test("refuses folders without portraits", arguments: [1, 2])
    func folders(ranks: Int) throws {
      try program.write("no picture", to: "junk/a.txt")
      try program.write("no picture either", to: "junk/b.jpg")
      try FileManager.default.createDirectory(
        atPath: program.path("empty"), withIntermediateDirectories: true)
      for (folder, sentence) in [
        ("missing", "there is no folder at \(program.path("missing"))"),
        ("empty", "the folder \(program.path("empty")) holds no files"),
        ("junk", "\(program.path("junk")) holds no file that can be used, of 2:"),
      ] {
        let outcome = try program.train(
          ranks: ranks, into: "run", steps: 1,
          ["--data", program.path(folder), "--cache", program.path("cache")])
        expectRefusal(outcome, code: 65, sentence)
        #expect(!FileManager.default.fileExists(atPath: program.path("run")))
      }
    }

    @Test("refuses to train when hosts see different portraits")
    func differentData() throws {
      for (rank, shade) in [UInt8(40), 200].enumerated() {
        let folder = program.path("rank\(rank)/portraits")
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
        try Picture(width: 32, height: 32, pixels: Array(repeating: shade, count: 32 * 32 * 3))
          .writePNG(to: "\(folder)/portrait.png")
        // Files written one after the other may have the same time, and these have the same size:
        // they would pass for one file, of which the cache has the pixels.
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: Double(shade))],
          ofItemAtPath: "\(folder)/portrait.png")
      }
      let own = #"cd "$FOLDER/rank$OMPI_COMM_WORLD_RANK" && exec "$@" --data portraits"#
      let outcome = try MPIRun.run(
        ranks: 2, executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: ["-c", own, "sh", Program.executable.path] + Program.small
          + ["--steps", "1", "--output", program.path("run"), "--cache", program.path("cache")],
        environment: ["FOLDER": program.path("")], timeout: 120)
      expectRefusal(outcome, code: 65, "the ranks see different data: 1 image on rank 1 (")
      #expect(!FileManager.default.fileExists(atPath: program.path("run")))
    }

    @Test("refuses to train when ranks are started with different options")
    func differentOptions() throws {
      let own = #"exec "$@" --seed "$OMPI_COMM_WORLD_RANK""#
      let outcome = try MPIRun.run(
        ranks: 2, executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: ["-c", own, "sh", Program.executable.path] + Program.small
          + ["--steps", "1", "--output", program.path("run")],
        environment: [:], timeout: 120)
      expectRefusal(outcome, code: 64, "rank 1 was started with other options than rank 0; ")
      #expect(!FileManager.default.fileExists(atPath: program.path("run")))
    }

    @Test("refuses an output that cannot be written", arguments: [1, 2])
    func output(ranks: Int) throws {
      try program.write("a file, no folder", to: "file")
      for output in ["file/run", "../../../../../../../../../../proc/run"] {
        let outcome = try program.train(ranks: ranks, into: output, steps: 1)
        expectRefusal(outcome, code: 74, "cannot be written (")
      }
    }

    @Test("says what is wrong with output and checkpoint before it decodes", arguments: [1, 2])
    func beforeDecoding(ranks: Int) throws {
      try program.write("a file, no folder", to: "file")
      try Picture(width: 32, height: 32, pixels: Array(repeating: 9, count: 32 * 32 * 3))
        .writePNG(to: program.path("portrait.png"))
      try program.write("", to: "portraits/.keep")
      try program.move("portrait.png", to: "portraits/portrait.png")
      let data = ["--data", program.path("portraits")]
      for (output, options, code, sentence) in [
        ("file/deep/run", [], 74, "cannot be written (Not a directory); choose a writable folder"),
        ("run", ["--resume", program.path("no")], 65, "there is no checkpoint or run at"),
      ] as [(String, [String], Int32, String)] {
        let outcome = try program.train(
          ranks: ranks, into: output, steps: 1, data + options)
        expectRefusal(outcome, code: code, sentence)
        #expect(outcome.standardOutput.isEmpty)
        #expect(!FileManager.default.fileExists(atPath: program.path("cache")))
      }
    }

    @Test("leaves a finished run alone", arguments: [1, 2])
    func existingRun(ranks: Int) throws {
      let first = try program.train(into: "run", steps: 1)
      try #require(first.exitCode == 0, "\(first.standardError)")
      let before = try program.contents(of: "run")
      let outcome = try program.train(ranks: ranks, into: "run", steps: 2)
      expectRefusal(
        outcome, code: 64,
        "\(program.path("run")) already holds a run; continue it with --resume auto, "
          + "or choose another --output")
      #expect(try program.contents(of: "run") == before)
    }

    @Test("refuses to resume a run that has come further than was asked", arguments: [1, 2])
    func fewerSteps(ranks: Int) throws {
      let first = try program.train(into: "run", steps: 2)
      try #require(first.exitCode == 0, "\(first.standardError)")
      let before = try program.runFiles(of: "run")
      let outcome = try program.train(
        ranks: ranks, into: "run", steps: 1, ["--resume", "auto"])
      expectRefusal(outcome, code: 64, "the run has already come to step 2, and --steps")
      #expect(try program.runFiles(of: "run") == before)
    }

    @Test("refuses checkpoints that are damaged, missing or of another model")
    func checkpoints() throws {
      let first = try program.train(into: "run", steps: 1)
      try #require(first.exitCode == 0, "\(first.standardError)")
      let good = program.checkpointFile(of: "run", step: 1)
      var bytes = try program.checkpoint(of: "run", step: 1)
      bytes[bytes.count - 5] ^= 0x10
      let damaged = program.path("damaged.safetensors")
      try bytes.write(to: URL(fileURLWithPath: damaged))
      let before = try program.contents(of: "run")

      for ranks in [1, 2] {
        let outcome = try program.train(
          ranks: ranks, into: "other", steps: 2, ["--resume", damaged])
        expectRefusal(outcome, code: 65, damaged)
      }
      expectRefusal(
        try program.train(
          into: "other", steps: 2, ["--resume", good, "--feature-maps", "4"]),
        code: 64, "was trained with --feature-maps 8, not 4")
      expectRefusal(
        try program.train(
          into: "other", steps: 2,
          ["--resume", good, "--model", "paper", "--image-size", "64", "--feature-maps", "64"]),
        code: 64, "was trained with --model dcgan, not paper")
      expectRefusal(
        try program.train(into: "other", steps: 2, ["--resume", program.path("none")]),
        code: 65, program.path("none"))
      expectRefusal(
        try program.run(["generate", damaged, "--output", program.path("x.png")]),
        code: 65, damaged)
      expectRefusal(
        try program.run(["generate", program.path("none"), "--output", program.path("x.png")]),
        code: 65, "there is no checkpoint or run at \(program.path("none")); check the path")
      #expect(!FileManager.default.fileExists(atPath: program.path("other")))
      #expect(!FileManager.default.fileExists(atPath: program.path("x.png")))
      #expect(try program.contents(of: "run") == before)
    }

    @Test("refuses to resume when every checkpoint is damaged, and keeps the files")
    func onlyDamagedCheckpoints() throws {
      let first = try program.train(into: "run", steps: 1)
      try #require(first.exitCode == 0, "\(first.standardError)")
      let file = program.checkpointFile(of: "run", step: 1)
      try Data(program.checkpoint(of: "run", step: 1).dropLast(1000))
        .write(to: URL(fileURLWithPath: file))
      let before = try program.runFiles(of: "run")
      let outcome = try program.train(ranks: 2, into: "run", steps: 2, ["--resume", "auto"])
      expectRefusal(outcome, code: 65, "none of the checkpoints in ")
      #expect(try program.runFiles(of: "run") == before)
    }

    @Test(
      "goes on when the disk has no room for the log, and says so once",
      .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func fullDisk() throws {
      try FileManager.default.createDirectory(
        atPath: program.path("run"), withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: program.path("run/log.jsonl"), withDestinationPath: "/dev/full")
      let outcome = try program.train(into: "run", steps: 3)
      #expect(outcome.exitCode == 0)
      let said = outcome.standardOutput + outcome.standardError
      #expect(
        said.components(separatedBy: "warning: the log cannot be written: ").count == 2, "\(said)")
      #expect(said.contains("No space left on device"))
    }
  }
}
