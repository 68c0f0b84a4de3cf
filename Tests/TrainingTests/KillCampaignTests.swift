import Foundation
import MPIRunSupport
import Testing

extension ProgramTests {
  /// The short form of `kill-campaign --kills 200 --ranks 1,2,4`.
  @Suite("killed at random")
  struct KillCampaignTests {
    @Test("loses no more than the work since the last checkpoint, and ends with the same bits")
    func campaign() throws {
      let program = try Program()
      let report = program.path("report.json")
      let seed = UInt64.random(in: 0...999_999)
      let outcome = try MPIRun.run(
        MPIRun.executable(named: "kill-campaign"),
        [
          "--kills", "6", "--ranks", "1,2", "--steps", "24", "--folder", program.path("runs"),
          "--report", report, "--seed", "\(seed)",
        ], timeout: 300)
      #expect(
        outcome.exitCode == 0 && !outcome.hasTimedOut, "seed \(seed): \(outcome.standardError)")

      struct Report: Decodable {
        struct Kill: Decodable {
          var stepsDone: Int
        }
        var kills: [Kill]
        var failures: [String]
      }
      let found = try JSONDecoder().decode(
        Report.self, from: Data(contentsOf: URL(fileURLWithPath: report)))
      #expect(
        found.kills.count == 6 && found.failures.isEmpty,
        "seed \(seed): \(outcome.standardOutput)")
    }
  }
}
