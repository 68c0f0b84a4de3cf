import Collectives
import CollectivesSupport
import Foundation
import MPIRunSupport
import Pictures
import Testing
import Training

@Suite("A time limit")
struct TimeLimitTests {
  @Test(
    "is read as Slurm and people write it",
    arguments: [
      ("90", 5400), ("5:30", 330), ("04:00:00", 14_400), ("100:00:01", 360_001), ("1-0", 86_400),
      ("2-12", 216_000), ("1-02:03", 93_780), ("7-23:59:59", 691_199), ("90s", 90),
      ("3h30m", 12_600), ("2d", 172_800), ("1d1h1m1s", 90_061), ("120m", 7200),
    ])
  func read(text: String, seconds: Int) {
    #expect(TimeLimit(text)?.seconds == seconds)
  }

  @Test(
    "is nothing else",
    arguments: [
      "", "0", "0s", "-5", "1:60", "1:60:00", "1-24", "1-00:60", "1-2-3", "1:2:3:4", "1.5h", "h",
      "3m2h", "3h30", "3x", "12 h", "٣", "1--2", ":30", "9999999999", "999999999-00", "1e3",
    ])
  func refused(text: String) {
    #expect(TimeLimit(text) == nil)
  }

  @Test("is written as it can be read", arguments: [1, 59, 3600, 86_399, 86_400, 200_000])
  func description(seconds: Int) throws {
    let limit = try #require(TimeLimit("\(seconds)s"))
    #expect(TimeLimit(limit.description) == limit)
  }
}

extension ProgramTests {
  @Suite("given a time limit")
  struct TimeLimitedTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    @Test("saves and stops when its time is over, and can go on", arguments: [1, 2])
    func timeOver(ranks: Int) throws {
      let outcome = try program.train(
        ranks: ranks, into: "run", steps: 1_000_000_000, ["--time-limit", "2s"])
      #expect(outcome.exitCode == 75 && !outcome.hasTimedOut, "\(outcome.standardError)")
      #expect(program.exitCode(of: "run") == "75")
      let steps = program.records(of: "run").count
      #expect(
        outcome.standardOutput.contains("stopped after step \(steps), since --time-limit is over"))

      let resumed = try program.train(
        ranks: ranks, into: "run", steps: steps + 1, ["--resume", "auto", "--time-limit", "1-00"])
      #expect(resumed.exitCode == 0, "\(resumed.standardError)")
      #expect(resumed.standardOutput.contains("continuing after step \(steps)\n"))
      let options = try String(contentsOfFile: program.path("run/config.yaml"), encoding: .utf8)
      #expect(options.contains("time-limit: 1-00:00:00\n"), "\(options)")
    }

    @Test("does not decode when its time is over, but takes what is decoded", arguments: [1, 2])
    func decoding(ranks: Int) throws {
      try program.write("", to: "faces/.keep")
      for name in ["ada", "grace"] {
        try Picture.filled(with: .white, width: 9, height: 9)
          .writePNG(to: program.path("faces/\(name).png"))
      }
      var configuration = TrainingConfiguration()
      configuration.data.path = program.path("faces")
      configuration.data.cache = program.path("stores")
      let options = configuration
      func open(until deadline: Deadline?) throws -> [Int] {
        try InMemoryCommunicator.run(ranks: ranks) {
          try PortraitData.open(for: options, imageSize: 8, threads: 1, until: deadline, over: $0)
            .source.count
        }
      }
      let limit = try #require(TimeLimit("1s"))
      let deadline = Deadline(after: limit)
      while !deadline.isOver { usleep(10_000) }
      let error = #expect(throws: TrainingError.self) { try open(until: deadline) }
      #expect(error?.kind == .stopped)
      #expect(
        error?.description.contains(
          "stopped while \(program.path("faces")) was being decoded, since --time-limit is over")
          == true, "\(String(describing: error))")
      #expect(try program.contents(of: "stores").isEmpty)

      #expect(try open(until: nil) == Array(repeating: 2, count: ranks))
      #expect(try open(until: deadline) == Array(repeating: 2, count: ranks))
    }

    @Test("refuses what is no time")
    func noTime() throws {
      let outcome = try program.train(into: "run", steps: 1, ["--time-limit", "soon"])
      expectRefusal(outcome, code: 64, "give minutes, HH:MM:SS, D-HH:MM:SS, or units as in 3h30m")
    }
  }
}
