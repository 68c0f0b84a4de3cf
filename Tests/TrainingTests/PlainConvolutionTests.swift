import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("with plain convolutions")
  struct PlainConvolutionTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    private func train(into output: String, _ options: [String]) throws {
      // With fewer channels no convolution is fast.
      let outcome = try program.train(into: output, steps: 4, ["--feature-maps", "16"] + options)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    private func methods(of output: String) throws -> Substring? {
      try String(contentsOfFile: program.path("\(output)/config.yaml"), encoding: .utf8)
        .split(separator: "\n").first { $0.hasPrefix("convolutions: ") }
    }

    @Test("trains as with fast ones but for rounding, and writes down which they were")
    func sameLosses() throws {
      try train(into: "fast", [])
      try train(into: "plain", ["--convolutions", "plain"])
      let (fast, plain) = (program.records(of: "fast"), program.records(of: "plain"))
      expectSameLosses(fast, plain, tolerance: 1e-2)
      // Were they the same method, they would round alike.
      #expect(fast.map(\.discriminatorLoss) != plain.map(\.discriminatorLoss))
      #expect(try methods(of: "fast") == "convolutions: fast")
      #expect(try methods(of: "plain") == "convolutions: plain")
    }

    @Test("goes on from a checkpoint that was made with fast ones")
    func resumed() throws {
      try train(into: "run", [])
      let outcome = try program.train(
        into: "run", steps: 6,
        ["--feature-maps", "16", "--convolutions", "plain", "--resume", "auto"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(program.records(of: "run").map(\.step) == Array(1...6))
    }

    @Test("can be compared with fast ones on a chart")
    func chart() throws {
      try train(into: "fast", [])
      try train(into: "plain", ["--convolutions", "plain"])
      let runs = ["fast", "plain"].map(program.path)
      let chart = program.path("curves.png")
      let outcome = try program.run(["chart"] + runs + ["--output", chart, "--title", "both"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(outcome.standardOutput == "\(chart): losses of \(runs[0]), \(runs[1])\n")
      let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47]
      #expect(
        FileManager.default.contents(atPath: chart)?.prefix(4).elementsEqual(signature) == true)

      expectRefusal(
        try program.run(["chart"] + runs + ["--output", program.path("curves.svg")]), code: 64,
        "curves.svg would be a PNG")
      expectRefusal(
        try program.run(["chart"] + runs + runs), code: 64,
        "8 curves are too many for one chart of at most 4")
      expectRefusal(
        try program.run(["chart", program.path("missing")]), code: 65,
        "there is no \(program.path("missing"))/log.jsonl")
    }
  }
}
