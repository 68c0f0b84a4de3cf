import Foundation
import MPIRunSupport
import Testing

/// The cases of `Tests/Cluster/several-hosts` that take some seconds; all others, and
/// `Tests/Cluster/slurm`, are for whoever changes what they test.
@Suite(
  "Several hosts", .serialized,
  .disabled(if: Hosts.whatIsMissing != nil, "\(Hosts.whatIsMissing ?? "")"))
struct SeveralHostsTests {
  @Test("train together on disks of their own, and go on after a rank's death")
  func training() throws {
    let outcome = try MPIRun.run(
      URL(fileURLWithPath: Hosts.scripts + "/several-hosts"), ["own-disks", "killed-rank"],
      environment: ["GAN_DIST": MPIRun.executable(named: "gan-dist").path], timeout: 180)
    #expect(outcome.exitCode == 0, "\(outcome.standardError)")
    #expect(outcome.standardOutput.components(separatedBy: "passed: ").count == 3)
  }
}

/// Hosts that are network namespaces of this machine.
private enum Hosts {
  static let scripts = Repository.root.appendingPathComponent("Tests/Cluster").path

  /// Why they cannot be made here; `nil` where they can.
  static let whatIsMissing: String? = {
    let script = "folder=/nonexistent; . '\(scripts)/hosts.bash'; find_host_tools"
    let probe = try? MPIRun.run(URL(fileURLWithPath: "/usr/bin/env"), ["bash", "-c", script])
    guard let probe else { return "bash is missing" }
    return probe.exitCode == 0 ? nil : probe.standardOutput
  }()
}
