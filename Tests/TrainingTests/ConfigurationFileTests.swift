import Foundation
import MPIRunSupport
import Testing
import Training

extension ProgramTests {
  @Suite("with a file of options")
  struct ConfigurationFileTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    @Test("repeats a run from its config.yaml, bit for bit")
    func repeated() throws {
      let options = [
        "--seed", "\(UInt64.max)", "--no-flip", "--rotation", "7.5", "--learning-rate", "3e-5",
        "--objective", "non-saturating", "--critic-updates", "1", "--diff-augment", "none",
        "--background", "#102030", "--sync-batchnorm", "--ema-half-life", "50",
        "--on-divergence", "skip", "--skip-limit", "3",
      ]
      // A name that YAML has to quote.
      let output = "yes: #1 'run'"
      let first = try program.train(into: output, steps: 4, options)
      try #require(first.exitCode == 0, "\(first.standardError)")
      // How many threads there are is a matter of the machine.
      let written = try String(
        contentsOfFile: program.path("\(output)/config.yaml"), encoding: .utf8)
      #expect(!written.contains("threads"), "\(written)")
      try program.move(output, to: "first")
      let second = try program.run([
        "train", "--config", program.path("first/config.yaml"), "--threads", "1",
      ])
      try #require(second.exitCode == 0, "\(second.standardError)")
      for file in ["config.yaml", "checkpoints/step-0000004.safetensors", "reals.png"] {
        #expect(
          FileManager.default.contents(atPath: program.path("\(output)/\(file)"))
            == FileManager.default.contents(atPath: program.path("first/\(file)")), "\(file)")
      }
      expectSameLosses(program.records(of: output), program.records(of: "first"), tolerance: 0)
    }

    @Test("goes on with that of a run whose options have a number of threads, as they once had")
    func threadsOfOld() throws {
      let first = try program.train(into: "run", steps: 1)
      try #require(first.exitCode == 0, "\(first.standardError)")
      let file = program.path("run/config.yaml")
      try program.write(
        try String(contentsOfFile: file, encoding: .utf8) + "threads: 1\n", to: "old.yaml")
      let second = try program.run([
        "train", "--config", program.path("old.yaml"), "--steps", "2", "--resume", "auto",
      ])
      #expect(second.exitCode == 0, "\(second.standardError)")
      #expect(second.standardOutput.contains("finished 2 steps"))
    }

    @Test("that has what the model chose, which may be asked for by name to go on")
    func modelChoices() throws {
      let first = try program.train(into: "run", steps: 1, ["--model", "portrait"])
      try #require(first.exitCode == 0, "\(first.standardError)")
      let written = try String(contentsOfFile: program.path("run/config.yaml"), encoding: .utf8)
      for line in [
        "objective: hinge", "critic-updates: 1", "diff-augment: translation",
        "augment-target: 0.5", "growth-images: 5000", "learning-rate: 0.0002",
      ] {
        #expect(written.contains("\n\(line)\n"), "\(line) in \(written)")
      }
      func resume(_ objective: String) throws -> MPIRun.Outcome {
        try program.train(
          into: "run", steps: 2,
          ["--model", "portrait", "--objective", objective, "--resume", "auto"])
      }
      expectRefusal(
        try resume("non-saturating"), code: 64,
        "was trained with --objective hinge, not non-saturating;")
      let second = try resume("hinge")
      #expect(second.exitCode == 0, "\(second.standardError)")
    }

    @Test("may say false to every option that --help has a --no- for")
    func flags() throws {
      let help = try program.run(["train", "--help"]).standardOutput
      let flags = help.matches(of: #/--([a-z-]+)\/--no-/#).map { String($0.1) }
      try #require(flags.contains("flip"))
      try program.write(flags.map { "\($0): false\n" }.joined(), to: "options.yaml")
      let outcome = try program.train(
        into: "run", steps: 1, ["--config", program.path("options.yaml")])
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    @Test("lets the command line win")
    func commandLineWins() throws {
      try program.write("steps: 7\nflip: false\nseed: 2\n", to: "options.yaml")
      let outcome = try program.train(
        into: "run", steps: 2, ["--config=\(program.path("options.yaml"))"])
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      let written = try String(contentsOfFile: program.path("run/config.yaml"), encoding: .utf8)
      #expect(written.contains("\nsteps: 2\n"))
      #expect(written.contains("\nflip: false\n"))
      #expect(written.contains("\nseed: 2\n"))
    }

    @Test(
      "refuses what is no mapping of options to values of their kind",
      arguments: [
        (
          "steps: 1\nbatch-sise: 8", 64,
          "options.yaml, line 2: there is no option batch-sise; did you mean batch-size?"
        ),
        (
          "colour: red", 64,
          "options.yaml, line 1: there is no option colour; gan-dist train --help lists those that "
            + "there are"
        ),
        (
          "# how many\n\nsample-count: many", 64,
          "options.yaml, line 3: The value 'many' is invalid for '--sample-count <sample-count>'"
        ),
        ("batch-size: [8, 16]", 65, "the value of batch-size must be a scalar"),
        ("model:\n  name: dcgan", 65, "the value of model must be a scalar"),
        ("- batch-size", 65, "must map options to values, such as `batch-size: 32`"),
        ("steps: 1\nsteps: \"", 65, "is not valid YAML"),
        ("flip: 3", 64, "options.yaml, line 1: flip must be true or false, not 3"),
      ])
    func refused(yaml: String, code: Int, sentence: String) throws {
      try program.write(yaml, to: "options.yaml")
      let outcome = try program.train(
        into: "run", steps: 1, ["--config", program.path("options.yaml")])
      #expect(outcome.exitCode == code)
      #expect(outcome.standardError.contains(sentence), "\(outcome.standardError)")
      #expect(!FileManager.default.fileExists(atPath: program.path("run")))
    }

    @Test(
      "blames the command line for what is wrong there, and the file where another option lacks")
    func blame() throws {
      try program.write("sample-count: 4\nmodles: dcgan\n", to: "options.yaml")
      let file = program.path("options.yaml")
      for (arguments, sentence) in [
        (["train", "--config", file], "line 2: there is no option modles;"),
        (["compare", "--config", file], "line 2: there is no option modles; did you mean models?"),
      ] {
        expectRefusal(try program.run(arguments), code: 64, sentence)
      }
      try program.write("sample-count: 4\nthreads: 0\n", to: "options.yaml")
      expectRefusal(
        try program.run(["train", "--config", file]), code: 64,
        "options.yaml, line 2: --threads must be between 1 and 1024")
      try program.write("sample-count: 4\n", to: "options.yaml")
      for arguments in [["--sample-count", "many"], ["--sample-cuont", "4"]] {
        let outcome = try program.run(["train", "--config", file] + arguments)
        #expect(outcome.exitCode == 64)
        #expect(!outcome.standardError.contains("options.yaml"), "\(outcome.standardError)")
      }
    }

    @Test(
      "refuses within seconds what would take hours to read",
      arguments: [aliasesOfAliases, keysWithinKeys, "a: [\"\n# \", [[[[[[[[[["])
    func intricate(yaml: String) throws {
      try program.write(yaml, to: "options.yaml")
      let outcome = try program.train(
        into: "run", steps: 1, ["--config", program.path("options.yaml")])
      expectRefusal(outcome, code: 65, "is too intricate for a file of options")
    }

    /// A key of a hundred million nodes.
    private static let aliasesOfAliases =
      (0..<9).map { level in
        let item = level == 0 ? "x" : "*a\(level - 1)"
        return
          "a\(level): &a\(level) [\(Array(repeating: item, count: 10).joined(separator: ","))]\n"
      }.joined() + "? *a8\n: 1\n"

    private static let keysWithinKeys =
      String(repeating: "? ", count: 900) + "[" + String(repeating: "x,", count: 7000) + "]"

    @Test("may have comments and be as long as anybody writes them")
    func long() throws {
      let comment = "# " + String(repeating: "*?[{ ", count: 20) + "\n"
      try program.write(
        String(repeating: comment, count: 50) + "steps: 1\n", to: "options.yaml")
      let outcome = try program.train(
        into: "run", steps: 1, ["--config", program.path("options.yaml")])
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
    }

    @Test("says when the file is not there")
    func missing() throws {
      let outcome = try program.train(
        into: "run", steps: 1, ["--config", program.path("none.yaml")])
      #expect(outcome.exitCode == 65)
      #expect(outcome.standardError.contains("cannot be read; check the path"))
    }
  }
}
