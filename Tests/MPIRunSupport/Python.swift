import Foundation

/// The Python that tests compare with: the interpreter that GAN_DIST_PYTHON names, or `python3`.
public enum Python {
  /// What a program complained about.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Whether the interpreter can import `modules`, such as `torch, safetensors.torch`.
  public static func canImport(_ modules: String) -> Bool {
    (try? run("import \(modules)")) != nil
  }

  /// Runs a program, and returns what it prints.
  /// - Throws: ``Failure`` if it fails.
  @discardableResult
  public static func run(_ program: String, _ arguments: String...) throws -> String {
    let interpreter = ProcessInfo.processInfo.environment["GAN_DIST_PYTHON"] ?? "python3"
    let outcome = try MPIRun.run(
      URL(fileURLWithPath: "/usr/bin/env"), [interpreter, "-c", program] + arguments,
      environment: ["PYTHONDONTWRITEBYTECODE": "1"], timeout: 120)
    guard outcome.exitCode == 0 else { throw Failure(description: outcome.standardError) }
    return outcome.standardOutput
  }
}
