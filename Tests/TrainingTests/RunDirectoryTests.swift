import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("keeping house in a run directory")
  struct RunDirectoryTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    private func checkpoints(of output: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: program.path("\(output)/checkpoints"))
        .sorted()
    }

    /// Leaves a run of 3 steps in `run`, and returns what it holds.
    private func finishedRun() throws -> [String: Data] {
      let outcome = try program.train(into: "run", steps: 3)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      return try program.runFiles(of: "run")
    }

    @Test("keeps the newest checkpoints, every M-th one, and files that are no checkpoints")
    func keptCheckpoints() throws {
      let options = ["--keep-checkpoints", "2", "--keep-every", "4", "--checkpoint-every", "1"]
      // Not a name that the program gives, though it looks like one.
      try program.write("not mine", to: "run/checkpoints/step-1.safetensors")
      let first = try program.train(into: "run", steps: 9, options)
      try #require(first.exitCode == 0, "\(first.standardError)")
      #expect(
        try checkpoints(of: "run") == [
          "latest", "step-0000004.safetensors", "step-0000008.safetensors",
          "step-0000009.safetensors", "step-1.safetensors",
        ])
      let latest = program.path("run/checkpoints/latest")
      #expect(
        try String(contentsOfFile: latest, encoding: .utf8) == "step-0000009.safetensors\n")

      let second = try program.train(into: "run", steps: 11, options + ["--resume", "auto"])
      try #require(second.exitCode == 0, "\(second.standardError)")
      #expect(second.standardOutput.contains("continuing after step 9\n"))
      #expect(
        try checkpoints(of: "run") == [
          "latest", "step-0000004.safetensors", "step-0000008.safetensors",
          "step-0000010.safetensors", "step-0000011.safetensors", "step-1.safetensors",
        ])
      #expect(
        try String(contentsOfFile: latest, encoding: .utf8) == "step-0000011.safetensors\n")
      #expect(
        try String(
          contentsOfFile: program.path("run/checkpoints/step-1.safetensors"), encoding: .utf8)
          == "not mine")
    }

    @Test("keeps only the newest checkpoints when no others are asked for")
    func newestCheckpoints() throws {
      let outcome = try program.train(
        into: "run", steps: 5, ["--keep-checkpoints", "1", "--checkpoint-every", "2"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(try checkpoints(of: "run") == ["latest", "step-0000005.safetensors"])
    }

    @Test("ends, and loses nothing, when the checkpoints are no folder", arguments: [1, 2])
    func checkpointsAreAFile(ranks: Int) throws {
      _ = try finishedRun()
      try program.move("run/checkpoints", to: "saved")
      try program.write("in the way", to: "run/checkpoints")
      let before = try program.runFiles(of: "run")
      let outcome = try program.train(ranks: ranks, into: "run", steps: 5, ["--resume", "auto"])
      expectRefusal(
        outcome, code: 74, "\(program.path("run/checkpoints")) cannot be listed (Not a directory)")
      #expect(try program.runFiles(of: "run") == before)
    }

    @Test(
      "ends, and loses nothing, when a log is a folder",
      arguments: [("losses.csv", 1), ("losses.csv", 2), ("log.jsonl", 1)])
    func logIsAFolder(log: String, ranks: Int) throws {
      _ = try finishedRun()
      try FileManager.default.removeItem(atPath: program.path("run/\(log)"))
      try program.write("in the way", to: "run/\(log)/file")
      let before = try program.runFiles(of: "run")
      let outcome = try program.train(ranks: ranks, into: "run", steps: 5, ["--resume", "auto"])
      expectRefusal(
        outcome, code: 74, "\(program.path("run/\(log)")) cannot be read (Is a directory)")
      let after = try program.runFiles(of: "run")
      for (file, contents) in before where !file.hasSuffix(".yaml") {
        #expect(after[file] == contents, "\(file)")
      }
    }

    @Test("keeps the good rows of a table with a byte that is no text")
    func tableWithAnInvalidByte() throws {
      let before = try finishedRun()
      let table = try #require(before["losses.csv"])
      let rows = String(decoding: table, as: UTF8.self).split(separator: "\n").map(String.init)
      try #require(rows.count == 4)
      // Between the second row and the third.
      let position = rows[0...2].map { $0.utf8.count + 1 }.reduce(0, +)
      let damaged = table[..<position] + Data([0xFF, 0x0A]) + table[position...]
      try damaged.write(to: URL(fileURLWithPath: program.path("run/losses.csv")))

      let outcome = try program.train(into: "run", steps: 5, ["--resume", "auto"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let found = try String(contentsOfFile: program.path("run/losses.csv"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
      #expect(Array(found.prefix(4)) == rows)
      #expect(found.dropFirst().map { $0.prefix { $0 != "," } } == ["1", "2", "3", "4", "5"])
    }
  }
}
