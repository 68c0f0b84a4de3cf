import Testing

extension ProgramTests {
  @Suite("with other options than before")
  struct ChangedOptionsTests {
    @Test("says which of them change how the run goes on")
    func note() throws {
      let program = try Program()
      func words(steps: Int, _ options: [String]) throws -> String {
        let outcome = try program.train(into: "run", steps: steps, options)
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        return outcome.standardOutput
      }
      let options = ["--rotation", "7.5", "--no-flip", "--learning-rate", "3e-5"]
      _ = try words(steps: 1, options)
      let same = try words(
        steps: 2, options + ["--resume", "auto", "--sample-count", "9", "--keep-checkpoints", "2"])
      #expect(!same.contains("changed since"), "\(same)")
      let other = try words(steps: 3, ["--resume", "auto", "--sync-batchnorm"])
      #expect(
        other.contains(
          "changed since the checkpoint: --flip was false, is true; --learning-rate was 3e-05, is "
            + "0.0002; --rotation was 7.5, is 0.0; --sync-batchnorm was false, is true\n"),
        "\(other)")
    }

    @Test("says the recipe when it begins, and the layers only of a new run")
    func recipe() throws {
      let program = try Program()
      let model = ["--model", "sagan", "--image-size", "64"]
      let first = try program.train(into: "run", steps: 1, model)
      let words = first.standardOutput
      for sentence in [
        "sagan, 64 × 64 pixels; trainable: generator ", "objective hinge; 1 update of the ",
        "generator Adam, step size 0.0001, β 0.0 and 0.9; discriminator Adam, step size 0.0004, ",
        "half-life of the average 10,000 images", "epochs, seed 1", "head.weight_orig",
      ] {
        #expect(words.contains(sentence), "\(sentence) in \(words)")
      }
      let second = try program.train(into: "run", steps: 2, model + ["--resume", "auto"])
      #expect(second.standardOutput.contains("objective hinge"))
      #expect(!second.standardOutput.contains("head.weight_orig"))
    }
  }
}
