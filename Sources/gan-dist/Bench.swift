import ArgumentParser
import Benchmarks
import Collectives
import Tensors
import Training

/// `gan-dist bench`
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measure the speed of training here, and predict it for more ranks.",
    discussion: """
      Start it exactly as you would start train, with launch/local or mpirun. It measures \
      training steps in parts, memory and allreduce bandwidth, and each convolution beside a \
      matrix product of equivalent shape, and predicts from the first two how training scales to \
      1024 ranks.
      """)

  @OptionGroup(title: "Model") var model: ModelOptions

  @Option(help: "Real images per update of the discriminator, over all ranks together.")
  var batchSize = Defaults.optimization.batchSize

  @Flag(
    inversion: .prefixedNo,
    help: "Normalise by the statistics of the whole batch; predictions leave out what that sends.")
  var syncBatchnorm = false

  @Option(help: "What is measured, separated by commas.")
  var sections = CommaSeparated(values: Benchmark.Section.allCases)

  @Option(help: "Number of timed training steps.")
  var steps = 8

  @Option(help: "Seconds that each pass of a convolution is timed; three times at the least.")
  var secondsPerPass = 0.4

  @Option(
    help: """
      Latency of the network that scaling is predicted for, in microseconds. (default: measured \
      with several ranks, else 50)
      """)
  var linkLatency: Double?

  @Option(help: "Its bandwidth, in Gbit/s. (default: measured with several ranks, else 1)")
  var linkBandwidth: Double?

  @Option(help: "The allreduce that is predicted; tuned is what Open MPI chooses by itself.")
  var allreduce = AllreduceModel.Algorithm.tuned

  @Option(help: "Write the figures as JSON to this file; - is standard output, without the tables.")
  var json: String?

  @OptionGroup(title: "Machine") var machine: MachineOptions

  func validate() throws {
    guard (1...10_000).contains(steps) else {
      throw ValidationError("--steps must be between 1 and 10000")
    }
    guard (0...3600).contains(secondsPerPass) else {
      throw ValidationError("--seconds-per-pass must be between 0 and 3600")
    }
    guard (0...1e9).contains(linkLatency ?? 0) else {
      throw ValidationError("--link-latency must be between 0 and 1e9 microseconds")
    }
    guard linkBandwidth ?? 1 > 0, (linkBandwidth ?? 1).isFinite else {
      throw ValidationError("--link-bandwidth must be greater than 0")
    }
  }

  func run() throws {
    let communicator = try Launch.communicator(stallTimeout: .seconds(machine.stallTimeout))
    try communicator.run {
      let exchange = try machine.configure(for: communicator).exchange
      var training = TrainingConfiguration()
      model.apply(to: &training)
      training.optimization.batchSize = batchSize
      training.optimization.synchronizesBatchStatistics = syncBatchnorm
      let sections = Set(self.sections.values)
      try communicator.verifySameOptions([
        training, exchange, sections.map(\.rawValue).sorted(), steps, secondsPerPass,
      ])
      try training.validate(rankCount: communicator.size)
      let benchmark = Benchmark(
        try training.makeGAN(), batchSize: batchSize, communicator: communicator,
        options: .init(exchange: exchange, synchronizesBatchStatistics: syncBatchnorm))
      let report = try benchmark.run(
        sections, steps: steps, secondsPerPass: secondsPerPass,
        link: .init(
          latency: linkLatency.map { $0 * 1e-6 }, bandwidth: linkBandwidth.map { $0 * 1e9 / 8 },
          algorithm: allreduce)
      ) { part in
        if communicator.isRoot { GanDist.report("measuring \(part)") }
      }
      try communicator.onEveryRank { if communicator.isRoot { try write(report) } }
    }
  }

  private func write(_ report: BenchmarkReport) throws {
    guard let json else { return Terminal.say("\(report)") }
    let data = try report.json()
    if json == "-" {
      Terminal.say(String(decoding: data.dropLast(), as: UTF8.self))
      return
    }
    Terminal.say("\(report)")
    try JSONFile.write(encoded: data, to: json, option: "--json")
  }
}

extension Benchmark.Section: ExpressibleByArgument {}
extension AllreduceModel.Algorithm: ExpressibleByArgument {}
