import Foundation
import Testing
import Training

extension ProgramTests {
  @Suite("augmenting as much as it needs to")
  struct AdaptiveTrainingTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    /// Trains a model into "run", which is then moved to `name`; the output path is part of a
    /// checkpoint.
    private func train(ranks: Int, into name: String, stoppingAt stops: [Int]) throws {
      for steps in stops {
        let outcome = try program.train(
          ranks: ranks, into: "run", steps: steps,
          [
            "--diff-augment", "translation", "--augment-target", "0.1", "--batch-size", "512",
            "--resume", "auto",
          ])
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      }
      try program.move("run", to: name)
    }

    @Test(
      "moves the probability every fourth step by the mean sign, and goes on bit for bit",
      arguments: [1, 2])
    func resumed(ranks: Int) throws {
      try train(ranks: ranks, into: "whole", stoppingAt: [13])
      try train(ranks: ranks, into: "pieces", stoppingAt: [10, 13])
      let stability = program.records(of: "whole").compactMap(\.stability)
      try #require(stability.count == 13)
      var expected: Float = 0
      for step in 1...13 {
        if step % 4 == 0 {
          let meanSign = stability[step - 4..<step].reduce(0) { $0 + $1.realSign } / 4
          expected = max(0, expected + (meanSign > 0.1 ? 2048 : -2048) / 60_000)
        }
        #expect(stability[step - 1].augmentationProbability == expected, "step \(step)")
      }
      #expect(expected > 0, "the discriminator never knew the portraits")
      #expect(
        try program.checkpoint(of: "whole", step: 13)
          == program.checkpoint(of: "pieces", step: 13))
    }

    @Test("needs changes that can be made")
    func nothingToSteer() throws {
      expectRefusal(
        try program.train(into: "run", steps: 1, ["--augment-target", "0.5"]), code: 64,
        "--augment-target needs changes to make more or less often; add --diff-augment")
    }

    @Test(
      "needs logits whose sign says what is real",
      arguments: [
        (
          ["--model", "portrait", "--objective", "least-squares"],
          "goes by the sign of logits, which says nothing with --objective least-squares; add "
            + "--diff-augment translation to change all images, or none, or choose another"
        ),
        (
          ["--model", "wgan", "--diff-augment", "color", "--augment-target", "0.5"],
          "says nothing with the objective of model wgan; leave out --augment-target, or choose"
        ),
      ])
    func meaninglessSign(options: [String], sentence: String) throws {
      expectRefusal(try program.train(into: "run", steps: 1, options), code: 64, sentence)
    }
  }
}
