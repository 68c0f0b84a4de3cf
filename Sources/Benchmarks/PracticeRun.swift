import Collectives
import GANs
import Portraits
import Tensors
import Training

/// A training run that is there to be timed: networks, painted portraits and steps, and nothing
/// written.
final class PracticeRun {
  /// Whom a step is taken with.
  enum Company {
    /// All ranks average their gradients, as in training.
    case job
    /// Every rank steps for itself. Such a step does not count: ranks that take different numbers
    /// of them are at the same place in training all the same, and send the same in the next step
    /// of all.
    case nobody
  }

  /// Images of this rank in a step.
  let imagesPerRank: Int
  /// The discriminator's updates in a step, but for those of a critic that catches up.
  let discriminatorUpdates: Int
  private let state: TrainingState
  private let schedule: TrainingSchedule
  private let bytesPerGradientElement: Int
  private let loader: PortraitLoader
  private let jobStep, ownStep: TrainingStep

  /// Prepares for steps as most of a run has them: with networks that have grown, and after the
  /// warm-up of a critic.
  /// - Parameter batchSize: images of an update over all ranks.
  init(
    _ gan: GAN, batchSize: Int, communicator: any Communicator, options: Benchmark.StepOptions
  ) {
    let seed: UInt64 = 1
    imagesPerRank = batchSize / communicator.size
    let state = TrainingState(gan: gan, seed: seed, averageHalfLife: 10_000)
    self.state = state
    let schedule = TrainingSchedule(of: gan.recipe, batchSize: batchSize)
    self.schedule = schedule
    discriminatorUpdates = gan.recipe.discriminatorUpdates.usual
    state.step = schedule.firstUsualStep(of: gan.recipe, batchSize: batchSize)
    bytesPerGradientElement = options.exchange.format == .bfloat16 ? 2 : 4
    func makeStep(over communicator: any Communicator) -> TrainingStep {
      TrainingStep(
        state: state, communicator: communicator, batchSize: batchSize, seed: seed,
        synchronizesBatchStatistics: options.synchronizesBatchStatistics,
        exchange: options.exchange)
    }
    jobStep = makeStep(over: communicator)
    ownStep = communicator.size > 1 ? makeStep(over: SoloCommunicator()) : jobStep
    let portraits = PaintedPortraits(seed: seed, count: 32, imageSize: gan.imageSize).painted()
    loader = PortraitLoader(
      source: portraits,
      sampler: Sampler(count: portraits.count, globalBatch: batchSize, seed: seed),
      augmentation: Augmentation(flip: true, rotation: 0, scaling: 0), seed: seed,
      pixelRange: gan.recipe.pixelRange, rank: communicator.rank, size: communicator.size)
  }

  deinit { loader.stop() }

  /// Trains for a step.
  /// - Parameter images: this rank's images, as many as it has or fewer.
  func step(in company: Company, images: Int) throws -> StepTiming {
    let step = company == .job ? jobStep : ownStep
    step.timings = .init()
    let number = state.step
    let (_, whole) = try timed {
      try step {
        let batch = loader.next()
        let samples = batch.samples.map { UInt32($0.indexInBatch) }
        return images == samples.count
          ? .init(batch.images, samples: samples)
          : .init(batch.images.sliced(0..<images), samples: Array(samples.prefix(images)))
      }
    }
    if company == .nobody { state.step = number }
    let timings = step.timings
    return StepTiming(
      images: schedule.imagesSeen(before: number + 1) - schedule.imagesSeen(before: number),
      step: whole,
      data: timings.data, discriminator: timings.discriminator,
      generator: timings.generator, optimizer: timings.optimizer,
      communication: timings.communication)
  }

  /// What a step averages over all ranks, in bytes as they travel: the discriminator's gradient in
  /// each of its updates, the generator's, then running statistics and losses in one message.
  var messageBytes: (discriminator: Int, generator: Int, others: [Int]) {
    let statistics = state.generator.statistics.count + state.discriminator.statistics.count
    return (
      state.discriminator.weights.count * bytesPerGradientElement,
      state.generator.weights.count * bytesPerGradientElement,
      [(statistics + TrainingStep.averagedScalarCount) * MemoryLayout<Float>.stride]
    )
  }
}

extension TrainingSchedule {
  /// Returns the first step of networks that have grown, whose critic is updated as often as usual.
  fileprivate func firstUsualStep(of recipe: GAN.Recipe, batchSize: Int) -> Int {
    let batches = ((recipe.growth?.imagesToGrowUp ?? 0) + batchSize - 1) / batchSize
    var step = steps(toTake: batches)
    while discriminatorUpdates(in: step).count > recipe.discriminatorUpdates.usual { step += 1 }
    return step
  }
}

/// Where the time of a step went, in seconds.
struct StepTiming {
  /// Real images that a step of all ranks takes.
  var images: Int
  var step, data, discriminator, generator, optimizer, communication: Double

  /// What none of the parts accounts for.
  var rest: Double {
    step - data - discriminator - generator - optimizer - communication
  }
}
