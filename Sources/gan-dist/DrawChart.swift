import ArgumentParser
import Training

/// `gan-dist chart`
struct DrawChart: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chart",
    abstract: "Draw the loss curves of several runs on one chart.")

  enum Loss: String, ExpressibleByArgument, CaseIterable {
    case discriminator, generator, both

    var networks: [LossCurves.Network] {
      switch self {
      case .discriminator: [.discriminator]
      case .generator: [.generator]
      case .both: [.discriminator, .generator]
      }
    }
  }

  @Argument(
    help: """
      Directories of runs, or CSV files with the columns epoch, discriminator_loss (or d_loss) and \
      generator_loss (or g_loss); four curves fit on a chart.
      """)
  var runs: [String]

  @Option(help: "The PNG to write.")
  var output = "curves.png"

  @Option(help: "Whose loss is drawn.")
  var loss = Loss.both

  @Option(help: "Draw every loss against steps, or the means of epochs.")
  var against = LossCurves.Axis.step

  @Option(help: "The heading of the chart.")
  var title = ""

  func validate() throws {
    try PNGOutput.check(output)
  }

  func run() throws {
    try GanDist.requireSingleProcess(for: "chart")
    let histories = try runs.map(LossHistory.init(readingFrom:))
    let curves = try LossCurves(
      of: loss.networks, in: Array(zip(LossCurves.names(of: runs), histories)), against: against)
    try curves.writePNG(to: output, title: title)
    Terminal.say("\(output): losses of \(runs.joined(separator: ", "))")
  }
}

extension LossCurves.Axis: ExpressibleByArgument {}
