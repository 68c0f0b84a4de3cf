import ArgumentParser
import Foundation

/// `kill-campaign`
@main
struct KillCampaign: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill-campaign",
    abstract: "Kill training jobs at random, and see that nothing is lost.",
    discussion: """
      Each run trains a small model, is killed every now and then (a rank, mpirun, or all at once; \
      half of the time while a checkpoint is written), and goes on with --resume auto. At its end it \
      must be, byte for byte, what it is without a death.
      """)

  @Option(help: "How often jobs are killed.")
  var kills = 200

  @Option(help: "The numbers of ranks, which take turns.")
  var ranks = "1,2,4"

  @Option(help: "Steps of a run.")
  var steps = 40

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 4

  @Option(help: "The program. (default: gan-dist beside this one)")
  var program: String?

  @Option(help: "Where runs are made. (default: a temporary folder, which is removed)")
  var folder: String?

  @Option(help: "Seconds after which a job that has lost a process must be over.")
  var patience = 30.0

  @Option(help: "What moments and victims are drawn by.")
  var seed: UInt64 = 1

  @Option(help: "File for the figures, in JSON. (default: none)")
  var report: String?

  func run() throws {
    let files = FileManager.default
    let scratch = files.temporaryDirectory.path + "/kill-campaign-\(getpid())"
    try files.createDirectory(atPath: folder ?? scratch, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: scratch) }
    var campaign = Campaign(
      .init(
        program: program ?? Self.neighbour, folder: folder ?? scratch, kills: kills,
        ranks: ranks.split(separator: ",").compactMap { Int($0) }, steps: steps,
        checkpointInterval: checkpointEvery, patience: patience),
      seed: seed)
    try campaign.run()
    print(campaign.tally.summary)
    if let report {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try encoder.encode(campaign.tally).write(to: URL(fileURLWithPath: report))
    }
    if !campaign.tally.failures.isEmpty { throw ExitCode.failure }
  }

  private static var neighbour: String {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("gan-dist").path
  }
}
