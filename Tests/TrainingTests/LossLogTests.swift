import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("continuing the log of a run")
  struct LossLogTests {
    private let program: Program

    init() throws {
      program = try Program()
      let outcome = try program.train(into: "run", steps: 3)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    /// A line as the first version wrote it, which did not time the optimizers.
    private static func oldLine(step: Int) -> String {
      #"{"discriminator_loss":0.25,"epoch":\#(step),"fake_score":0.5,"generator_loss":1.5,"#
        + #""images":\#(16 * step),"images_per_second":320,"real_score":0.75,"seconds":"#
        + #"{"communication":0,"data":0.001,"discriminator":0.03,"generator":0.02,"step":0.05},"#
        + #""step":\#(step)}"#
    }

    private func log() throws -> [String] {
      try String(contentsOfFile: program.path("run/log.jsonl"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
    }

    @Test("keeps, reads and draws the lines of an earlier version")
    func earlierVersion() throws {
      let old = (1...3).map(Self.oldLine)
      try program.write(old.joined(separator: "\n") + "\n", to: "run/log.jsonl")
      #expect(program.records(of: "run").map(\.seconds.optimizer) == [0, 0, 0])
      #expect(program.records(of: "run").map(\.seconds.generator) == [0.02, 0.02, 0.02])
      let chart = try program.run([
        "chart", program.path("run"), "--output", program.path("curves.png"),
      ])
      #expect(chart.exitCode == 0, "\(chart.standardError)")

      let outcome = try program.train(into: "run", steps: 5, ["--resume", "auto"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(try Array(log().prefix(3)) == old)
      #expect(program.records(of: "run").map(\.step) == [1, 2, 3, 4, 5])
    }

    @Test("keeps a line that is no record, but no last one and none behind the checkpoint")
    func otherLines() throws {
      let lines = try log()
      try #require(lines.count == 3)
      let note = "# moved to another machine"
      let later = [Self.oldLine(step: 4), "# behind the checkpoint", Self.oldLine(step: 5)]
      let damaged = [lines[0], note, lines[1], lines[2]] + later
      try program.write((damaged + [#"{"discrim"#]).joined(separator: "\n"), to: "run/log.jsonl")

      let outcome = try program.train(into: "run", steps: 5, ["--resume", "auto"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let found = try log()
      #expect(Array(found.prefix(4)) == [lines[0], note, lines[1], lines[2]])
      #expect(found.count == 6)
      #expect(program.records(of: "run").map(\.step) == [1, 2, 3, 4, 5])
    }

    @Test("drops a last line that was cut short")
    func partialLine() throws {
      let lines = try log()
      try program.write(
        (lines + [#"{"discriminator_loss":0.2"#]).joined(separator: "\n"), to: "run/log.jsonl")
      let outcome = try program.train(into: "run", steps: 4, ["--resume", "auto"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(try Array(log().prefix(3)) == lines)
      #expect(try log().count == 4)
    }
  }
}
