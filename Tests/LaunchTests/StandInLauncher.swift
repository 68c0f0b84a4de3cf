import Foundation
import MPIRunSupport

/// A folder with a script that stands in for mpirun and the ranks that it starts: each time it is
/// started it does the next line of a plan.
final class StandInLauncher: Sendable {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("launch-tests-\(UUID().uuidString)")

  /// - Parameter plan: Lines of bash, one a start; `checkpoint N` writes one, `rank_until_seen` is
  ///   a rank that ends when launch/supervise has found it.
  init(_ plan: [String]) throws {
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("run/checkpoints"), withIntermediateDirectories: true)
    let script = """
      #!/bin/bash
      echo "$*" >>starts
      checkpoint() { echo "step-$1" >run/new && mv run/new run/checkpoints/latest; }
      rank_until_seen() {
        OMPI_COMM_WORLD_RANK=0 bash -c 'until [ -e seen ]; do sleep 0.05; done; exit'
      }
      eval "$(sed -n "$(wc -l <starts)p" plan)"
      """
    try write(script, to: program)
    // By which launch/supervise looks into the environments of processes.
    let grep = """
      #!/bin/bash
      PATH=${PATH#*:}
      grep "$@" && touch '\(folder.path)/seen'
      """
    try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
    try write(grep, to: tools.appendingPathComponent("grep"))
    try plan.map { $0 + "\n" }.joined()
      .write(to: folder.appendingPathComponent("plan"), atomically: true, encoding: .utf8)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  private var program: URL { folder.appendingPathComponent("mpirun") }
  private var tools: URL { folder.appendingPathComponent("tools") }

  private func write(_ script: String, to file: URL) throws {
    try script.write(to: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
  }

  /// The arguments of each start so far.
  var starts: [String] { lines(of: "starts") }

  func lines(of name: String) -> [String] {
    let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }

  /// Waits until the file `name` is there, for a minute at most.
  func wait(for name: String) {
    let path = folder.appendingPathComponent(name).path
    for _ in 0..<6000 where !FileManager.default.fileExists(atPath: path) { usleep(10_000) }
  }

  /// Supervises the stand-in, without pauses unless `options` say otherwise.
  func supervise(
    _ options: [String] = [], training: [String] = ["train", "--output", "run"],
    meanwhile: (pid_t) -> Void = { _ in }
  ) throws -> MPIRun.Outcome {
    try MPIRun.run(
      URL(fileURLWithPath: "/usr/bin/env"),
      ["-C", folder.path, Repository.launcher("supervise"), "-w", "0"] + options
        + ["./mpirun", "gan-dist"] + training,
      environment: [
        "OMPI_MCA_oob_tcp_keepalive_probes": "7",
        "PATH": tools.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"),
      ], meanwhile: meanwhile)
  }
}
