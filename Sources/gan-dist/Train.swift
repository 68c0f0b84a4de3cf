import ArgumentParser
import Collectives
import Foundation
import GANs
import Tensors
import Training

/// `gan-dist train`
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a model on a folder of portraits.",
    discussion: """
      Without --data it trains on portraits that the program paints itself.
      """)

  @OptionGroup(title: "Data") var data: DataOptions
  @OptionGroup(title: "Model") var model: ModelOptions
  @OptionGroup(title: "Optimization") var optimization: OptimizationOptions
  @OptionGroup(title: "Output") var output: OutputOptions
  @OptionGroup(title: "Machine") var machine: MachineOptions
  @OptionGroup(title: "Machine") var time: TimeLimitOption

  // Declared for --help: the file's options have taken its place before the parser sees them.
  @Option(
    help: "YAML file of options by these names; the command line has the last word. (default: none)"
  )
  var config: String?

  func run() throws {
    let deadline = time.deadline()
    let communicator = try Launch.communicator(
      stallTimeout: .seconds(machine.stallTimeout))
    let outcome = try communicator.run {
      let outcome = try Trainer(
        resolved, communicator: communicator,
        machine: machine.configure(for: communicator, until: deadline)
      ).train(resuming: output.resumeChoice)
      if outcome == .stopped && communicator.isRoot {
        Terminal.say("continue with the same options and --resume auto")
      }
      return outcome
    }
    if outcome == .stopped { throw ExitCode(outcome.exitCode) }
  }

  /// What the options say about the run.
  var resolved: TrainingConfiguration {
    var configuration = TrainingConfiguration()
    model.apply(to: &configuration)
    configuration.seed = optimization.seed
    data.apply(to: &configuration.data)
    optimization.apply(to: &configuration.optimization)
    output.apply(to: &configuration.output)
    return configuration
  }
}

/// What options are where nobody says anything else.
enum Defaults {
  static let configuration = TrainingConfiguration()
  static var data: TrainingConfiguration.DataOptions { configuration.data }
  static var optimization: TrainingConfiguration.OptimizationOptions { configuration.optimization }
  static var output: TrainingConfiguration.OutputOptions { configuration.output }
}

struct DataOptions: ParsableArguments {
  @Option(
    help:
      "Folder of JPEG and PNG portraits, or a store made by prepare. (default: painted portraits)")
  var data: String?

  @OptionGroup var pictures: PictureOptions

  @Option(help: "Number of painted portraits to train on when there is no --data.")
  var paintedCount = Defaults.data.paintedCount

  @Option(
    help: "Which portraits are painted. (default: the seed of the run; 1 for all runs of compare)")
  var paintedSeed: UInt64?

  @Flag(inversion: .prefixedNo, help: "Mirror every second image, on average.")
  var flip = Defaults.data.flip

  @Option(help: "Largest random rotation, in degrees.")
  var rotation = Defaults.data.rotation

  @Option(help: "Largest random change of scale, as a fraction: 0.1 is 0.9 to 1.1.")
  var scaling = Defaults.data.scaling

  func apply(to options: inout TrainingConfiguration.DataOptions) {
    options.path = data
    options.cache = pictures.cache
    options.fit = pictures.fit
    options.background = pictures.background
    options.paintedCount = paintedCount
    options.paintedSeed = paintedSeed
    options.flip = flip
    options.rotation = rotation
    options.scaling = scaling
  }
}

struct ModelOptions: ParsableArguments {
  @Option(help: "The pair of networks and the recipe that trains them.")
  var model = Defaults.configuration.model

  @OptionGroup var networks: NetworkOptions

  func apply(to configuration: inout TrainingConfiguration) {
    configuration.model = model
    configuration.architecture = networks.architecture
  }
}

struct OptimizationOptions: ParsableArguments {
  @OptionGroup var updates: UpdateOptions

  @Option(help: "Passes over the data set.")
  var epochs = Defaults.optimization.epochs

  @Option(help: "Number of generator steps. (default: what --epochs makes)")
  var steps: Int?

  @Option(
    help: """
      What the networks play for; optimizers and numbers of updates stay the model's. (default: \
      the model's own)
      """)
  var objective: ObjectiveName?

  @Option(help: "Weight of the penalty of wgan-gp or r1: λ or γ. (default: the model's own, 10)")
  var penaltyWeight: Float?

  @Option(
    help: """
      Updates of the discriminator from one with the penalty, which counts so many times, to the \
      next. (default: 1)
      """)
  var penaltyEvery: Int?

  @Option(
    help: "Updates of the discriminator in each generator step. (default: the model's own)")
  var criticUpdates: Int?

  @Option(
    help: """
      Real images in each phase of a model that grows: a size fading in, or trained by itself. \
      (default: the model's own)
      """)
  var growthImages: Int?

  @Option(help: "Step size of both optimizers. (default: the model's own)")
  var learningRate: Float?

  @Option(help: "Step size of the generator's optimizer. (default: --learning-rate)")
  var generatorLearningRate: Float?

  @Option(help: "Step size of the discriminator's optimizer. (default: --learning-rate)")
  var discriminatorLearningRate: Float?

  @Option(
    help: """
      Where a loss or a gradient is not finite: stop, or skip the update and go on with the next \
      batch.
      """)
  var onDivergence = Defaults.optimization.divergencePolicy

  @Option(help: "Steps of a run, all its jobs together, that may skip an update; one more ends it.")
  var skipLimit = Defaults.optimization.skipsAllowed

  @Option(help: "Seed of every random number of the run.")
  var seed = Defaults.configuration.seed

  func apply(to options: inout TrainingConfiguration.OptimizationOptions) {
    updates.apply(to: &options)
    options.epochs = epochs
    options.steps = steps
    options.objective = objective
    options.penaltyWeight = penaltyWeight
    options.penaltyInterval = penaltyEvery
    options.discriminatorUpdates = criticUpdates
    options.growthImages = growthImages
    options.learningRate = learningRate
    options.generatorLearningRate = generatorLearningRate
    options.discriminatorLearningRate = discriminatorLearningRate
    options.onDivergence = onDivergence
    options.skipLimit = skipLimit
  }
}

struct OutputOptions: ParsableArguments {
  @Option(help: "The run directory: checkpoints, sample grids, logs and the loss curve.")
  var output = Defaults.output.path

  @Option(help: "Steps between sample grids; 0 draws only the first and the last.")
  var sampleEvery = Defaults.output.sampleEvery

  @Option(help: "Pictures of a sample grid.")
  var sampleCount = Defaults.output.sampleCount

  @Option(help: "Steps between checkpoints; 0 writes only the last.")
  var checkpointEvery = Defaults.output.checkpointEvery

  @Option(help: "Number of newest checkpoints to keep.")
  var keepCheckpoints = Defaults.output.keepCheckpoints

  @Option(help: "Keep checkpoints at multiples of this number of steps for good; 0 keeps none.")
  var keepEvery = Defaults.output.keepEvery

  @Option(
    help: .init(
      """
      Where to go on from: auto is the newest usable checkpoint of --output, or the beginning where \
      there is none; a path is that of a checkpoint or of another run. (default: never)
      """, valueName: "auto|path"))
  var resume: String?

  var resumeChoice: Trainer.Resume {
    switch resume {
    case nil, "never": .never
    case "auto": .newest
    case .some(let path): .from(path)
    }
  }

  func apply(to options: inout TrainingConfiguration.OutputOptions) {
    options.path = output
    options.sampleEvery = sampleEvery
    options.sampleCount = sampleCount
    options.checkpointEvery = checkpointEvery
    options.keepCheckpoints = keepCheckpoints
    options.keepEvery = keepEvery
  }
}

struct MachineOptions: ParsableArguments {
  @OptionGroup var compute: ThreadOptions

  @Option(
    help: """
      Convolutions by the fastest method for each layer (fast), or all as they are defined \
      (plain): the same but for rounding, to compare with.
      """)
  var convolutions = ConvolutionMethods.fast

  @Option(
    help: """
      Send gradients while others are still being computed: auto does if ranks are on several \
      hosts, on always, off never.
      """)
  var overlap = GradientExchangeOptions.Overlap.auto

  @Option(
    help: """
      Numbers that gradients travel in: float32, or bfloat16 in half the bytes, for links of 1 \
      Gbit/s and less.
      """)
  var gradientExchange = SumFormat.float32

  @Option(
    help: """
      Seconds after which a rank that waits for others ends the job and names them, unless they are \
      at work.
      """)
  var stallTimeout = 300

  /// Sets up this rank.
  /// - Parameter deadline: when training is to stop; nil where it never is.
  func configure(
    for communicator: any Communicator, until deadline: Deadline? = nil
  ) throws -> Trainer.Machine {
    ConvolutionMethods.allowed = convolutions
    let threads = try compute.configure(for: communicator)
    if let warning = try compute.bindingWarning(for: threads, over: communicator),
      communicator.isRoot
    {
      Terminal.say(warning)
    }
    return .init(
      threads: threads, convolutions: convolutions,
      stallTimeout: stallTimeout, deadline: deadline,
      exchange: .init(overlap: overlap, format: gradientExchange))
  }

  func validate() throws {
    guard (1...1_000_000).contains(stallTimeout) else {
      throw ValidationError("--stall-timeout must be between 1 and a million seconds")
    }
  }
}

/// How long a command that trains may take.
struct TimeLimitOption: ParsableArguments {
  @Option(
    help: """
      Wall time after which training saves and stops with exit code 75: minutes, HH:MM:SS or \
      D-HH:MM:SS as for Slurm, or with units as in 3h30m. (default: none)
      """,
    transform: Self.timeLimit(_:))
  var timeLimit: TimeLimit?

  /// Returns when the time is over that begins now; nil where it never is.
  func deadline() -> Deadline? { timeLimit.map(Deadline.init) }

  private static func timeLimit(_ text: String) throws -> TimeLimit {
    guard let limit = TimeLimit(text) else {
      throw ValidationError("give minutes, HH:MM:SS, D-HH:MM:SS, or units as in 3h30m")
    }
    return limit
  }
}

extension ObjectiveName: ExpressibleByArgument {}
extension ModelName: ExpressibleByArgument {}
extension DivergencePolicy: ExpressibleByArgument {}
extension ConvolutionMethods: ExpressibleByArgument {}
extension GradientExchangeOptions.Overlap: ExpressibleByArgument {}
extension SumFormat: ExpressibleByArgument {}

extension DifferentiableAugmentation: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
