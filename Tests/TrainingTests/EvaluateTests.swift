import Foundation
import MPIRunSupport
import Testing

extension ProgramTests {
  @Suite("measuring portraits")
  struct EvaluateTests {
    private let program: Program

    init() throws {
      program = try Program()
      let outcome = try program.train(into: "run", steps: 2)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    private func evaluate(ranks: Int = 1, _ options: [String]) throws -> MPIRun.Outcome {
      try program.run(
        ranks: ranks,
        ["evaluate", program.path("run"), "--images", "40", "--threads", "1"] + options)
    }

    @Test("finds the same, to the last digit, on 1, 2 and 4 ranks, and says what of")
    func ranks() throws {
      for ranks in [1, 2, 4] {
        let json = program.path("\(ranks).json")
        let outcome = try evaluate(ranks: ranks, ["--json", json])
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        let title = """
          40 portraits by \(program.path("run")) (dcgan, step 2, ema), seed 1,
          beside 48 real ones: 48 painted portraits by 8 painters, which it was trained on

          """
        #expect(outcome.standardOutput.contains(title), "\(outcome.standardOutput)")
        let lines = outcome.standardOutput.split(separator: "\n")
        #expect(
          lines.contains {
            $0.hasPrefix("sliced Wasserstein × 1000, average")
              && $0.hasSuffix("  40 of each")
          })
        #expect(lines.contains { $0.hasPrefix("Fréchet distance (random convolutions)") })
        #expect(lines.contains { $0.hasPrefix("real: one half beside the other, 24 and 24;") })
        #expect(!outcome.standardOutput.contains("FID"))
      }
      let files = try [1, 2, 4].map {
        try Data(contentsOf: URL(fileURLWithPath: program.path("\($0).json")))
      }
      #expect(files[0] == files[1] && files[0] == files[2])
      let report = try JSONSerialization.jsonObject(with: files[0]) as? [String: Any]
      #expect(report?["step"] as? Int == 2 && report?["weights"] as? String == "ema")
      let figures = report?["evaluation"] as? [String: Any]
      #expect(figures?["generatedCount"] as? Int == 40 && figures?["realCount"] as? Int == 48)
    }

    @Test("writes the figures of portraits too few for a standard error")
    func few() throws {
      let json = program.path("few.json")
      let outcome = try evaluate(["--metrics", "ms-ssim", "--images", "12", "--json", json])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let bytes = try Data(contentsOf: URL(fileURLWithPath: json))
      let report = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
      let figures = (report?["evaluation"] as? [String: Any])?["pairSimilarity"] as? [String: Any]
      #expect(figures?["imageCount"] as? Int == 12 && figures?["mean"] as? Double != nil)
      #expect(figures?["standardError"] == nil)
    }

    @Test("measures what is asked for, by the weights and the seed that are asked for")
    func choices() throws {
      func figures(_ options: String...) throws -> String {
        let outcome = try evaluate(["--metrics", "swd"] + options)
        try #require(outcome.exitCode == 0, "\(outcome.standardError)")
        #expect(!outcome.standardOutput.contains("MS-SSIM"))
        return outcome.standardOutput.split(separator: "\n")
          .filter { $0.hasPrefix("sliced Wasserstein × 1000") }.joined(separator: "\n")
      }
      let usual = try figures()
      #expect(usual.split(separator: "\n").count == 3)
      #expect(try figures("--seed", "1", "--weights", "ema") == usual)
      #expect(try figures("--seed", "2") != usual)
      #expect(try figures("--weights", "raw") != usual)
    }

    @Test("says on one line what it cannot do")
    func refusals() throws {
      try FileManager.default.createDirectory(
        atPath: program.path("empty"), withIntermediateDirectories: true)
      try program.write("not a tensor", to: "weights")
      for (options, code, sentence) in [
        (["--images", "3"], 64, "--images must be between 12 and a million"),
        (["--metrics", "swd,beauty"], 64, "The value 'swd,beauty' is invalid for '--metrics"),
        (["--data", program.path("absent")], 65, "there is no folder at"),
        (["--data", program.path("empty")], 65, "holds no files"),
        (["--features", program.path("weights")], 65, "is not a valid safetensors file"),
        (["--features", program.path("absent")], 74, "absent: cannot be read"),
        (
          ["--metrics", "ms-ssim", "--json", program.path("absent/a.json")], 74,
          "cannot write \(program.path("absent/a.json"))"
        ),
      ] as [([String], Int32, String)] {
        expectRefusal(try evaluate(options), code: code, sentence)
      }
      expectRefusal(
        try evaluate(ranks: 2, ["--features", program.path("weights")]), code: 65,
        "is not a valid safetensors file")
      expectRefusal(
        try program.run(["evaluate", program.path("absent")]), code: 65,
        "there is no checkpoint or run at \(program.path("absent"))")
    }
  }
}
