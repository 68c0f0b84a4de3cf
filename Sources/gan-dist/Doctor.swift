import ArgumentParser
import Collectives
import Training

/// `gan-dist doctor`
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the ranks, hosts, threads, network and data of this cluster.",
    discussion: "Start it exactly as you would start train, with as many ranks on the same hosts.")

  @Option(help: "A folder or store that every host should see.")
  var data: String?

  @OptionGroup var compute: ThreadOptions

  func run() throws {
    let communicator = try Launch.communicator(stallTimeout: .seconds(60))
    try communicator.run {
      let threads = try compute.configure(for: communicator)
      try ClusterCheck(
        communicator: communicator, threads: threads,
        bindingWarning: compute.bindingWarning(for: threads, over: communicator), data: data
      ).run()
    }
  }
}
