import Collectives
import GANs
import Layers
import Tensors

/// One training step of all ranks together: the two phases of the paper's section 2.2.
///
/// Every rank holds replicas of both networks and a share of the batch. The gradients of each phase
/// are averaged over the ranks before they are applied, so that all replicas stay equal and the
/// step is that of the whole batch.
///
/// An update whose loss or averaged gradient is not finite is not made, on any rank: the
/// network, what its optimizer remembers and the running statistics stay as they were before.
///
/// What models differ in, such as the number of the discriminator's updates, is data of their
/// recipes; the loop is the same for all.
public final class TrainingStep {
  /// This rank's share of a batch of real images.
  public struct Reals {
    /// `[local batch, height, width, 3]`
    public var images: Tensor
    /// The place of each image in the global batch.
    public var samples: [UInt32]

    public init(_ images: Tensor, samples: [UInt32]) {
      (self.images, self.samples) = (images, samples)
    }
  }

  /// Where the time of this rank's steps went, in seconds, since it was last reset.
  public struct Timings: Sendable {
    /// Waiting for real images; not part of the phases.
    public var data = 0.0
    /// The discriminator's phase, with the images made for it.
    public var discriminator = 0.0
    /// The generator's phase.
    public var generator = 0.0
    /// Both optimizers, the moving average, and what is reported; not part of the two above.
    public var optimizer = 0.0
    /// Waiting for the other ranks and averaging; not part of the phases, which include the sums of
    /// synchronised batch statistics.
    public var communication = 0.0

    public init() {}
  }

  /// The passes of a step, which have random numbers of their own.
  private enum Pass: UInt8 {
    /// The generator makes images for the discriminator's phase.
    case showing
    /// The discriminator tells them from real images.
    case judging
    /// The generator makes images for its own phase.
    case improving
    /// The discriminator takes them for real or not.
    case deceiving
    /// The discriminator is penalised for how it tells them apart.
    case penalizing
  }

  public var timings = Timings()

  private let state: TrainingState
  private let communicator: any Communicator
  private let batchSize: Int
  private let schedule: TrainingSchedule
  private let seed: UInt64
  private let sharedStatistics: SharedBatchStatistics?
  private let generatorExchange: GradientExchange
  private let discriminatorExchange: GradientExchange

  /// - Parameters:
  ///   - batchSize: the number of real images of a batch over all ranks.
  ///   - synchronizesBatchStatistics: normalises by the statistics of the whole batch instead of
  ///     each rank's share.
  ///   - options: how gradients get from rank to rank; the same on every rank.
  public init(
    state: TrainingState, communicator: any Communicator, batchSize: Int, seed: UInt64,
    synchronizesBatchStatistics: Bool, exchange options: GradientExchangeOptions = .init()
  ) {
    self.state = state
    self.communicator = communicator
    self.batchSize = batchSize
    schedule = TrainingSchedule(of: state.gan.recipe, batchSize: batchSize)
    self.seed = seed
    sharedStatistics =
      synchronizesBatchStatistics && communicator.size > 1
      ? SharedBatchStatistics(communicator) : nil
    generatorExchange = GradientExchange(
      shapes: state.generator.weights.shapes, over: communicator, options: options)
    discriminatorExchange = GradientExchange(
      shapes: state.discriminator.weights.shapes, over: communicator, options: options)
  }

  /// Trains both networks: the discriminator as often as the recipe says, then the generator.
  /// - Parameters:
  ///   - stopRequested: whether this rank wants all ranks to stop after the step; asked when its
  ///     work is done, so that a wish which comes up meanwhile counts.
  ///   - nextReals: returns this rank's share of the next batch, for an update of the
  ///     discriminator.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  public func callAsFunction(
    stopRequested: @autoclosure () -> Bool = false, nextReals: () throws -> Reals
  ) throws -> Report {
    var clock = PhaseClock()
    if schedule.restartsOptimizers(in: state.step) { state.restartOptimizers() }
    let drawsFresh = state.gan.recipe.drawsFreshLatentsForGenerator
    let variables = state.generator.weights.tensors.map { $0.variable() }
    var report = Report()
    var samples: [UInt32] = []
    // The generator's running statistics move when it makes images, before it is known whether what
    // they are made for is an update. Where it is not, they go back to what they were before.
    var judgedAgain: (fakes: Tensor, before: SavedStatistics)?

    let updates = schedule.discriminatorUpdates(in: state.step)
    for update in updates {
      let reals = try nextReals()
      samples = reals.samples
      timings.data += clock.lap()

      // First the generator makes images of noise: the latents z, and N(z) in the paper's letters.
      communicator.activity = "step \(state.step + 1), discriminator"
      let before = SavedStatistics(of: state.generator)
      let isJudgedAgain = !drawsFresh && update == updates.last
      let shown = images(
        from: latents(.discriminatorLatents, samples, draw: update),
        weights: isJudgedAgain ? variables : state.generator.weights.tensors,
        noise: noise(.showing, samples, draw: update), updatesSpectralNorms: isJudgedAgain)
      judgedAgain = isJudgedAgain ? (shown, before) : nil

      // Then the discriminator K learns to tell them from real images x: K(x) against K(N(z)).
      let isImproved = try improveDiscriminator(
        reals: growth?.scaledDown(reals.images) ?? reals.images, fakes: shown.detached,
        samples: samples, update: update, isReported: update == updates.last, clock: &clock,
        report: &report)
      if !isImproved && !isJudgedAgain { before.restore() }
    }

    // Its judgement in turn teaches the generator to make images that it takes for real.
    communicator.activity = "step \(state.step + 1), generator"
    let before = judgedAgain?.before ?? SavedStatistics(of: state.generator)
    let judged =
      judgedAgain?.fakes
      ?? images(
        from: latents(.generatorLatents, samples, draw: state.step), weights: variables,
        noise: noise(.improving, samples, draw: state.step), updatesSpectralNorms: true)
    judgedAgain = nil
    let isImproved = try improveGenerator(
      variables, fakes: judged, samples: samples, clock: &clock, report: &report)
    if !isImproved { before.restore() }

    state.step += 1
    timings.optimizer += clock.lap()
    try agree(on: &report, stopRequested: stopRequested())
    timings.communication += clock.lap()
    state.augmentation.follow(
      meanSign: report.realSign, after: state.step,
      images: schedule.imagesSeen(inLast: AdaptiveAugmentation.interval, before: state.step))
    return report
  }

  /// Moves the discriminator one step towards telling `reals` from `fakes`.
  /// - Returns: false if it is left as it was, its statistics included.
  private func improveDiscriminator(
    reals: Tensor, fakes: Tensor, samples: [UInt32], update: Int, isReported: Bool,
    clock: inout PhaseClock, report: inout Report
  ) throws -> Bool {
    let before = SavedStatistics(of: state.discriminator)
    let recipe = state.gan.recipe
    let variables = state.discriminator.weights.tensors.map { $0.variable() }
    let both = samples + samples.map { $0 + UInt32(batchSize) }
    let logits = discriminate(
      .concatenated([reals, fakes]), weights: variables,
      groups: recipe.normalizesRealsAndFakesApart ? 2 : 1,
      noise: noise(.judging, both, draw: update), updatesSpectralNorms: true)
    let realLogits = logits.sliced(0..<samples.count)
    let fakeLogits = logits.sliced(samples.count..<both.count)
    let loss = recipe.objective.discriminatorLoss(
      realLogits: realLogits, fakeLogits: fakeLogits,
      noise: noise(.judging, samples, draw: update))

    var penalized = loss
    if let penalty = recipe.objective.penalty, update.isMultiple(of: penalty.interval) {
      let noise = noise(.penalizing, samples, draw: update)
      let slope = penalty(reals: reals, fakes: fakes, noise: noise) {
        discriminate(
          $0, weights: variables, groups: 1, noise: noise, updatesSpectralNorms: false)
      }
      penalized = loss + Float(penalty.interval) * slope
      report.penalty = slope.scalar
    }
    let gradientPlace = discriminatorExchange.begin(
      spoiled: !areSound(penalized, logits: logits))
    try backpropagate(
      from: penalized, to: variables, into: gradientPlace, late: discriminatorExchange.lateTensors,
      onFinal: discriminatorExchange.markFinal(_:isReached:))
    timings.discriminator += clock.lap()
    let gradient = try awaitMean(of: discriminatorExchange)
    timings.communication += clock.lap()
    let gradientNorm = gradient.norm
    if gradientNorm.isFinite {
      state.discriminatorOptimizer.update(state.discriminator.weights, along: gradient)
      if let limit = recipe.objective.weightLimit { state.discriminator.weights.clip(to: limit) }
    } else {
      before.restore()
      report.discriminatorLoss = .nan
    }
    if isReported {
      report.discriminatorGradientNorm = gradientNorm
      report.describe(realLogits: realLogits.detached, fakeLogits: fakeLogits.detached)
      // No number stays none.
      report.discriminatorLoss += loss.scalar
    }
    timings.optimizer += clock.lap()
    return gradientNorm.isFinite
  }

  /// Moves the generator, by the weights in `variables`, one step towards images that the
  /// discriminator takes for real, after it has judged `fakes`, which they made.
  /// - Returns: false if it is left as it was but for its statistics, which moved before this.
  private func improveGenerator(
    _ variables: [Tensor], fakes: Tensor, samples: [UInt32], clock: inout PhaseClock,
    report: inout Report
  ) throws -> Bool {
    let before = SavedStatistics(of: state.discriminator)
    let logits = discriminate(
      fakes, weights: state.discriminator.weights.tensors, groups: 1,
      noise: noise(.deceiving, samples, draw: state.step), updatesSpectralNorms: false)
    let loss = state.gan.recipe.objective.generatorLoss(fakeLogits: logits)
    let gradientPlace = generatorExchange.begin(spoiled: !areSound(loss, logits: logits))
    try backpropagate(
      from: loss, to: variables, into: gradientPlace, late: generatorExchange.lateTensors,
      onFinal: generatorExchange.markFinal(_:isReached:))
    timings.generator += clock.lap()
    let gradient = try awaitMean(of: generatorExchange)
    timings.communication += clock.lap()
    report.generatorGradientNorm = gradient.norm
    guard report.generatorGradientNorm.isFinite else {
      before.restore()
      report.generatorLoss = .nan
      return false
    }
    let imagesSeen = schedule.imagesSeen(before: state.step + 1)
    state.generatorOptimizer.update(
      state.generator.weights, along: gradient,
      trailing: state.average.step(
        imagesSeen: imagesSeen, newImages: imagesSeen - schedule.imagesSeen(before: state.step)))
    report.generatorLoss = loss.scalar
    return true
  }

  /// Whether this rank's share of an update is made of finite numbers. A loss alone would not tell:
  /// a hinge makes a number of a logit that is none, and statistics may be infinite in front of it.
  private func areSound(_ loss: Tensor, logits: Tensor) -> Bool {
    loss.scalar.isFinite && logits.isFinite && state.generator.statistics.isFinite
      && state.discriminator.statistics.isFinite
  }

  /// Returns the generator's images.
  /// - Parameter updatesSpectralNorms: true of exactly one of the passes for an update of it.
  private func images(
    from latents: Tensor, weights: [Tensor], noise: SampleNoise, updatesSpectralNorms: Bool
  ) -> Tensor {
    let training = ForwardPass.Training(
      noise: noise, replicas: sharedStatistics, updatesSpectralNorms: updatesSpectralNorms)
    return state.gan.generator.body(
      latents, in: pass(training, state: state.generator, weights: weights))
  }

  /// Returns the discriminator's logits.
  /// - Parameter updatesSpectralNorms: true of exactly one of the passes for an update of it.
  private func discriminate(
    _ images: Tensor, weights: [Tensor], groups: Int, noise: SampleNoise,
    updatesSpectralNorms: Bool
  ) -> Tensor {
    let training = ForwardPass.Training(
      noise: noise, groups: groups, replicas: sharedStatistics,
      updatesSpectralNorms: updatesSpectralNorms)
    return state.gan.discriminator.body(
      state.gan.recipe.augmentation(
        images, noise: noise, probability: state.augmentation.probability),
      in: pass(training, state: state.discriminator, weights: weights))
  }

  private func pass(
    _ training: ForwardPass.Training, state: NetworkState, weights: [Tensor]
  ) -> ForwardPass {
    ForwardPass(
      training: self.state.gan.recipe.runsLayersAsInInference ? nil : training, state: state,
      weights: weights, growth: growth)
  }

  /// How far the networks have grown in this step.
  private var growth: Growth? { schedule.growth(in: state.step) }

  private func latents(
    _ purpose: RandomStream.Purpose, _ samples: [UInt32], draw: Int
  ) -> Tensor {
    noise(.showing, samples, draw: draw).normal(purpose, shape: [state.gan.latentDimension])
  }

  /// Returns random numbers for a pass that is made once in each update of one network.
  /// - Parameter draw: the number of the discriminator's update, or of the generator's.
  private func noise(_ pass: Pass, _ samples: [UInt32], draw: Int) -> SampleNoise {
    SampleNoise(seed: seed, step: UInt64(draw), phase: pass.rawValue, samples: samples)
  }

  /// Waits for a gradient averaged over all ranks, unless shared batch statistics have failed on
  /// the way.
  private func awaitMean(of exchange: GradientExchange) throws -> TensorBuffer {
    try sharedStatistics?.throwFailure()
    return try exchange.finish()
  }

  /// Averages over all ranks what each has for itself: the running statistics, which each rank's
  /// batch moved its own way, and the scalars, together with the flag that decides whether all
  /// stop. Whatever is decided from the result, every rank decides the same.
  private func agree(on report: inout Report, stopRequested: Bool) throws {
    let scalars = report.averagedScalars + [stopRequested ? 1 : 0]
    let statistics = [state.generator.statistics, state.discriminator.statistics]
    var values = scalars + statistics.flatMap { $0.withMutableScalars(Array.init) }
    try communicator.average(&values)
    report.averagedScalars = Array(values.prefix(scalars.count - 1))
    report.isStopRequested = values[scalars.count - 1] > 0
    var rest = values[scalars.count...]
    for buffer in statistics {
      buffer.withMutableScalars { _ = $0.update(fromContentsOf: rest.prefix($0.count)) }
      rest = rest.dropFirst(buffer.count)
    }
  }
}

/// Tells how long each stretch of a step took.
private struct PhaseClock {
  private var last = ContinuousClock.now

  /// Returns the seconds since the last lap, or since the beginning.
  mutating func lap() -> Double {
    let now = ContinuousClock.now
    defer { last = now }
    return (now - last) / .seconds(1)
  }
}
