import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("trained by several processes")
  struct RanksTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    /// Training is chaotic: a rounding that takes a feature across a rectifier's kink doubles with
    /// every other step or so. A small rate slows that down.
    private static let options = ["--seed", "3", "--sync-batchnorm", "--learning-rate", "5e-5"]

    @Test("has the same losses on 1, 2 and 4 ranks")
    func sameLosses() throws {
      for ranks in [1, 2, 4] {
        let outcome = try program.train(
          ranks: ranks, into: "ranks\(ranks)", steps: 20, Self.options)
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      }
      let alone = program.records(of: "ranks1")
      #expect(alone.count == 20)
      expectSameLosses(program.records(of: "ranks2"), alone)
      expectSameLosses(program.records(of: "ranks4"), alone)
      #expect(program.records(of: "ranks4").last?.images == 320)
    }

    @Test("is the same, on two ranks to the bit, where gradients travel while others are computed")
    func overlap() throws {
      for ranks in [2, 4] {
        for overlap in ["off", "on"] {
          // The output path is part of a checkpoint, so both runs have the same one in turn.
          let outcome = try program.train(
            ranks: ranks, into: "run", steps: 8,
            Self.options + ["--feature-maps", "64", "--overlap", overlap])
          try #require(outcome.exitCode == 0, "\(outcome.standardError)")
          try program.move("run", to: "\(overlap)\(ranks)")
        }
        expectSameLosses(program.records(of: "on\(ranks)"), program.records(of: "off\(ranks)"))
      }
      #expect(
        try program.checkpoint(of: "on2", step: 8) == program.checkpoint(of: "off2", step: 8))
    }

    @Test("keeps replicas equal where gradients travel as bfloat16", arguments: ["off", "on"])
    func bfloat16(overlap: String) throws {
      let options = Self.options + ["--gradient-exchange", "bfloat16", "--overlap", overlap]
      let outcome = try program.train(ranks: 4, into: "halves", steps: 4, options)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let exact = try program.train(ranks: 4, into: "exact", steps: 4, Self.options)
      try #require(exact.exitCode == 0, "\(exact.standardError)")
      let (found, expected) = (program.records(of: "halves"), program.records(of: "exact"))
      expectSameLosses(found, expected, tolerance: 0.02)
      #expect(found.map(\.generatorLoss) != expected.map(\.generatorLoss))
    }

    @Test("goes on with other numbers of ranks as if nothing had happened")
    func otherNumberOfRanks() throws {
      let whole = try program.train(into: "whole", steps: 18, Self.options)
      try #require(whole.exitCode == 0, "\(whole.standardError)")
      for (ranks, steps) in [(2, 6), (1, 12), (4, 18)] {
        let part = try program.train(
          ranks: ranks, into: "resumed", steps: steps, Self.options + ["--resume", "auto"])
        try #require(part.exitCode == 0, "\(part.standardError)")
        #expect(
          part.standardOutput.contains(
            steps == 6 ? "starting anew" : "continuing after step \(steps - 6)\n"))
      }
      #expect(program.records(of: "resumed").count == 18)
      expectSameLosses(program.records(of: "resumed"), program.records(of: "whole"))
    }
  }
}
