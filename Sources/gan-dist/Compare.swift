import ArgumentParser
import Collectives
import Comparison
import GANs
import Tensors
import Training

/// `gan-dist compare`
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Train several models under the same conditions, and measure them.",
    discussion: """
      Works on one process or under mpirun, all ranks at one model after the other. Each run is a run \
      directory, OUTPUT/MODEL-seedN. What is finished is not repeated when the same command is given \
      again; models and seeds may be added. OUTPUT gets table.md, table.csv, curves.png, samples.png, \
      beside-reals.png and neighbours.png, anew after each run.

      What is equal: the portraits and, for each seed, their order; the batch; how many real images \
      each discriminator is shown, however often its generator is updated meanwhile. What is each \
      model's own: networks, objective, optimizers and updates, as its authors have them, but that a \
      critic goes without the many updates of its first steps; and how what the discriminator sees is \
      augmented, unless --diff-augment says it for all. The half-life of the moving averages, by which \
      models are measured, is one number of images, and so of fewer steps of the generator the more \
      updates of the discriminator a step has. Models that grow have done so after an eighth of the \
      images, unless --growth-images says otherwise, and are measured at full size all along. An \
      image costs more in one model than in another, which --minutes makes up for: it gives each \
      model as many images as a measurement before the first run says that it sees in that time. The \
      real portraits that models are measured by are those that they are trained on.

      Exit code 65 says that a run diverged: table.md has the others.
      """)

  @OptionGroup(title: "Comparison") var plan: PlanOptions
  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Model") var networks: NetworkOptions
  @OptionGroup(title: "Optimization") var updates: UpdateOptions
  @OptionGroup(title: "Measurement") var measurement: MeasurementOptions
  @OptionGroup(title: "Measurement") var features: FeatureOptions
  @OptionGroup(title: "Machine") var machine: MachineOptions
  @OptionGroup(title: "Machine") var time: TimeLimitOption

  // Declared for --help: the file's options have taken its place before the parser sees them.
  @Option(
    help: "YAML file of options by these names; the command line has the last word. (default: none)"
  )
  var config: String?

  func run() throws {
    let deadline = time.deadline()
    let communicator = try Launch.communicator(stallTimeout: .seconds(machine.stallTimeout))
    try communicator.run {
      let machine = try machine.configure(for: communicator, until: deadline)
      let extractor = try communicator.onEveryRank { try features.makeExtractor() }
      try Comparison(
        options, extractor: extractor, over: communicator, machine: machine
      ).run()
    }
  }

  private var options: ComparisonOptions {
    var options = ComparisonOptions(
      models: plan.models.values, seeds: plan.seeds.values, budget: plan.budget)
    data.apply(to: &options.common.data)
    options.common.architecture = networks.architecture
    updates.apply(to: &options.common.optimization)
    options.common.optimization.growthImages = plan.growthImages
    options.common.output.path = plan.output
    options.common.output.sampleEvery = 0
    options.common.output.checkpointEvery = plan.checkpointEvery
    options.common.output.keepCheckpoints = 2
    measurement.apply(to: &options)
    return options
  }
}

/// What is compared, for how long, and where.
struct PlanOptions: ParsableArguments {
  @Option(help: "Models, separated by commas.")
  var models: CommaSeparated<ModelName>

  @Option(help: "Real images shown to each discriminator: the budget. (default: 100000)")
  var images: Int?

  @Option(help: "Minutes of training for each run, in place of --images.")
  var minutes: Double?

  @Option(help: "Seeds, separated by commas; each model has a run with each.")
  var seeds = CommaSeparated<UInt64>(values: [1])

  @Option(
    help: """
      Real images in each phase of models that grow: a size fading in, or trained by itself. \
      (default: such that seven eighths of the budget are left for the full size)
      """)
  var growthImages: Int?

  @Option(help: "The folder of the comparison.")
  var output = "runs/compare"

  @Option(help: "Steps between checkpoints, besides those at the points of the learning curve.")
  var checkpointEvery = 500

  var budget: ComparisonOptions.Budget {
    minutes.map { .minutes($0) } ?? .images(images ?? 100_000)
  }

  func validate() throws {
    guard images == nil || minutes == nil else {
      throw ValidationError("--images and --minutes are two budgets; give one")
    }
  }
}

/// How models are measured and shown.
struct MeasurementOptions: ParsableArguments {
  @Option(help: "Points of each learning curve, evenly spread over the budget.")
  var curvePoints = 8

  @Option(
    help: """
      Portraits to generate for the table. (default: as many as there are real ones, at least \
      2048 and at most 16384)
      """)
  var evaluationImages: Int?

  @Option(help: "Generated portraits of each model in samples.png.")
  var sampleCount = 24

  func apply(to options: inout ComparisonOptions) {
    options.curvePoints = curvePoints
    options.evaluationImages = evaluationImages
    options.sampleCount = sampleCount
  }
}
