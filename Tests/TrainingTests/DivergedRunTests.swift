import Foundation
import GANs
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("come to where there are no numbers")
  struct DivergedRunTests {
    private let program: Program

    /// Leaves a checkpoint whose discriminator is finite, but makes infinities of any picture.
    init() throws {
      program = try Program()
      var configuration = TrainingConfiguration()
      configuration.architecture = ArchitectureOptions(
        imageSize: 32, latentDimension: 16, featureMaps: 8)
      configuration.data.paintedCount = 48
      configuration.optimization.batchSize = 16
      let state = TrainingState(gan: try configuration.makeGAN(), seed: 1, averageHalfLife: 10)
      state.step = 3
      state.discriminator.weights.withMutableScalars { weights in
        for index in weights.indices { weights[index] *= 1e35 }
      }
      try program.write("", to: "run/checkpoints/.keep")
      try Checkpoint.write(
        state, configuration: configuration, dataDigest: "",
        to: program.checkpointFile(of: "run", step: 3))
    }

    private func resume(ranks: Int, _ options: [String] = []) throws -> MPIRun.Outcome {
      try program.train(
        ranks: ranks, into: "run", steps: 20,
        ["--resume", "auto", "--checkpoint-every", "1"] + options)
    }

    @Test("stops before weights change, and names the last good checkpoint", arguments: [1, 2])
    func stopped(ranks: Int) throws {
      let before = try program.checkpoint(of: "run", step: 3)
      expectRefusal(
        try resume(ranks: ranks), code: 65,
        "training diverged at step 4: the loss or the gradient of the discriminator and the generator "
          + "is not finite; resume from the last good checkpoint, "
          + "\(program.checkpointFile(of: "run", step: 3)), with a lower --learning-rate")
      #expect(try program.checkpoint(of: "run", step: 3) == before)
      #expect(!FileManager.default.fileExists(atPath: program.checkpointFile(of: "run", step: 4)))
      #expect(program.records(of: "run").isEmpty)
    }

    @Test(
      "skips as many steps as it may, jobs before counted, and saves none but finite numbers",
      arguments: [1, 2])
    func skipped(ranks: Int) throws {
      let outcome = try resume(ranks: ranks, ["--on-divergence", "skip", "--skip-limit", "2"])
      expectRefusal(
        outcome, code: 65,
        "training diverged at step 6: the loss or the gradient of the discriminator and the generator "
          + "is not finite, as in 2 steps before; resume from the last good checkpoint, "
          + "\(program.checkpointFile(of: "run", step: 5)), with a lower --learning-rate or a higher "
          + "--skip-limit")
      for step in [4, 5] {
        #expect(
          (outcome.standardOutput + outcome.standardError).contains(
            "warning: step \(step) skipped the update of the discriminator and the generator: a loss or "
              + "gradient was not finite (\(step - 3) of at most 2 steps of the run)"),
          "\(outcome.standardOutput)")
      }
      let log = try String(contentsOfFile: program.path("run/log.jsonl"), encoding: .utf8)
      let lines = [4, 5].map {
        #"{"skipped_updates":["discriminator","generator"],"step":\#($0)}"# + "\n"
      }
      #expect(log == lines.joined())

      // What was skipped is remembered by the checkpoints, so that they can be resumed bit for bit.
      let checkpoint = try Checkpoint(contentsOf: program.checkpointFile(of: "run", step: 5))
      let state = TrainingState(
        gan: try checkpoint.configuration.makeGAN(), seed: 2, averageHalfLife: 10)
      try checkpoint.restore(state, continuing: checkpoint.configuration)
      #expect(state.step == 5 && state.generatorOptimizer.updateCount == 0)
      #expect(state.skippedSteps == 2)

      // It has had its two, and may have one more.
      expectRefusal(
        try resume(ranks: ranks, ["--on-divergence", "skip", "--skip-limit", "3"]), code: 65,
        "training diverged at step 7: the loss or the gradient of the discriminator and the generator "
          + "is not finite, as in 3 steps before; resume from")
    }
  }
}
