import Foundation
import MPIRunSupport
import Testing

@Suite("Scripts of the project")
struct ScriptTests {
  /// Every file that names bash in its first line.
  static let scripts: [String] = ["launch", "launch/bench", "Tests/Cluster", ".ci"].flatMap {
    folder in
    let path = Repository.root.appendingPathComponent(folder).path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().map { "\(folder)/\($0)" }.filter {
      let file = Repository.root.appendingPathComponent($0)
      let text = try? String(contentsOf: file, encoding: .utf8)
      return text?.split(separator: "\n").first?.hasSuffix("bash") ?? false
    }
  }

  @Test("can be read by bash", arguments: scripts)
  func syntax(script: String) throws {
    let outcome = try MPIRun.run(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["bash", "-n", Repository.root.appendingPathComponent(script).path])
    #expect(outcome.exitCode == 0, "\(outcome.standardError)")
  }

  /// Those that a person calls.
  static let commands = scripts.filter {
    let file = Repository.root.appendingPathComponent($0)
    return (try? String(contentsOf: file, encoding: .utf8))?.contains("\nusage() {") ?? false
  }

  @Test("say what they are for when asked", arguments: commands, ["-h", "--help"])
  func help(script: String, option: String) throws {
    let outcome = try MPIRun.run(Repository.root.appendingPathComponent(script), [option])
    #expect(outcome.exitCode == 0 && outcome.standardError.isEmpty)
    #expect(outcome.standardOutput.hasPrefix("usage: \(script)"))
  }

  static let hasShellcheck = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/shellcheck") }

  @Test(
    "give shellcheck nothing to say", .enabled(if: hasShellcheck, "shellcheck is not installed"))
  func shellcheck() throws {
    let outcome = try MPIRun.run(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["-C", Repository.root.path, "shellcheck", "-x"] + Self.scripts)
    #expect(outcome.exitCode == 0, "\(outcome.standardOutput)")
  }
}
