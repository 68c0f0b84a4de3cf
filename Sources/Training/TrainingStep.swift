import Collectives
import GANs
import Layers
import Tensors

/// One training step of all ranks together: the two phases of the paper's section 2.2.
///
/// Every rank holds replicas of both networks and a share of the batch. The gradients of each phase
/// are averaged over the ranks before they are applied, so that all replicas stay equal and the
/// step is that of the whole batch.
public final class TrainingStep {
  /// What one step reports, averaged over all ranks.
  public struct Report: Sendable, Equatable {
    public var discriminatorLoss: Float
    public var generatorLoss: Float
    /// Mean probability that the discriminator gives real images: D(x).
    public var realScore: Float
    /// Mean probability that it gives generated images before its update: D(G(z)).
    public var fakeScore: Float
    /// True on every rank if any rank asked to stop.
    public var isStopRequested: Bool
  }

  /// Where the time of this rank's steps went, in seconds, since it was last reset.
  public struct Timings: Sendable {
    /// The discriminator's phase, with the images made for it.
    public var discriminator = 0.0
    /// The generator's phase.
    public var generator = 0.0
    /// Both optimizers and the moving average; not part of the two above.
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
  }

  /// What the discriminator's phase leaves behind.
  private struct Judgement {
    var loss: Float
    var realScore: Float
    var fakeScore: Float
  }

  public var timings = Timings()

  private let state: TrainingState
  private let communicator: any Communicator
  private let batchSize: Int
  private let seed: UInt64
  private let sharedStatistics: SharedBatchStatistics?
  private let generatorExchange: GradientExchange
  private let discriminatorExchange: GradientExchange

  /// - Parameters:
  ///   - batchSize: the number of real images of a step over all ranks.
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
    self.seed = seed
    sharedStatistics =
      synchronizesBatchStatistics && communicator.size > 1
      ? SharedBatchStatistics(communicator) : nil
    generatorExchange = GradientExchange(
      shapes: state.generator.weights.shapes, over: communicator, options: options)
    discriminatorExchange = GradientExchange(
      shapes: state.discriminator.weights.shapes, over: communicator, options: options)
  }

  /// Trains on this rank's share of a batch.
  /// - Parameters:
  ///   - reals: real images `[local batch, height, width, 3]`.
  ///   - samples: the place of each image in the global batch.
  ///   - stopRequested: whether this rank wants all ranks to stop after the step.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  public func callAsFunction(
    reals: Tensor, samples: [UInt32], stopRequested: Bool = false
  ) throws -> Report {
    let drawsFresh = state.gan.recipe.drawsFreshLatentsForGenerator
    let variables = state.generator.weights.tensors.map { $0.variable() }
    var clock = PhaseClock()

    // First the generator makes images of noise: the latents z, and N(z) in the paper's letters.
    communicator.activity = "step \(state.step + 1), discriminator"
    var fakes = images(
      from: latents(.discriminatorLatents, samples),
      weights: drawsFresh ? state.generator.weights.tensors : variables,
      noise: noise(.showing, samples))

    // Then the discriminator K learns to tell them from real images x: K(x) against K(N(z)).
    let judgement = try improveDiscriminator(
      reals: reals, fakes: fakes.detached, samples: samples, clock: &clock)

    // Its judgement in turn teaches the generator to make images that it takes for real.
    communicator.activity = "step \(state.step + 1), generator"
    if drawsFresh {
      fakes = images(
        from: latents(.generatorLatents, samples), weights: variables,
        noise: noise(.improving, samples))
    }
    let generatorLoss = try improveGenerator(
      variables, fakes: fakes, samples: samples, clock: &clock)

    state.step += 1
    timings.optimizer += clock.lap()
    let report = try agree(judgement, generatorLoss: generatorLoss, stopRequested: stopRequested)
    timings.communication += clock.lap()
    return report
  }

  /// Moves the discriminator one step towards telling `reals` from `fakes`.
  private func improveDiscriminator(
    reals: Tensor, fakes: Tensor, samples: [UInt32], clock: inout PhaseClock
  ) throws -> Judgement {
    let recipe = state.gan.recipe
    let variables = state.discriminator.weights.tensors.map { $0.variable() }
    let both = samples + samples.map { $0 + UInt32(batchSize) }
    let logits = discriminate(
      .concatenated([reals, fakes]), weights: variables,
      groups: recipe.normalizesRealsAndFakesApart ? 2 : 1, noise: noise(.judging, both))
    let realLogits = logits.sliced(0..<samples.count)
    let fakeLogits = logits.sliced(samples.count..<both.count)
    let loss = recipe.objective.discriminatorLoss(
      realLogits: realLogits, fakeLogits: fakeLogits, noise: noise(.judging, samples))
    try backpropagate(from: loss, to: variables, into: discriminatorExchange.begin()) {
      try discriminatorExchange.markFinal($0)
    }
    timings.discriminator += clock.lap()
    let gradient = try awaitMean(of: discriminatorExchange)
    timings.communication += clock.lap()
    state.discriminatorOptimizer.update(state.discriminator.weights, along: gradient)
    timings.optimizer += clock.lap()
    return Judgement(
      loss: loss.scalar, realScore: realLogits.detached.sigmoid().mean().scalar,
      fakeScore: fakeLogits.detached.sigmoid().mean().scalar)
  }

  /// Moves the generator, by the weights in `variables`, one step towards images that the
  /// discriminator takes for real, and returns its loss on `fakes`, which it made.
  private func improveGenerator(
    _ variables: [Tensor], fakes: Tensor, samples: [UInt32], clock: inout PhaseClock
  ) throws -> Float {
    let logits = discriminate(
      fakes, weights: state.discriminator.weights.tensors, groups: 1,
      noise: noise(.deceiving, samples))
    let loss = state.gan.recipe.objective.generatorLoss(fakeLogits: logits)
    try backpropagate(from: loss, to: variables, into: generatorExchange.begin()) {
      try generatorExchange.markFinal($0)
    }
    timings.generator += clock.lap()
    let gradient = try awaitMean(of: generatorExchange)
    timings.communication += clock.lap()
    let imagesSeen = (state.step + 1) * batchSize
    state.generatorOptimizer.update(
      state.generator.weights, along: gradient,
      trailing: state.average.step(imagesSeen: imagesSeen, batchSize: batchSize))
    return loss.scalar
  }

  private func images(from latents: Tensor, weights: [Tensor], noise: SampleNoise) -> Tensor {
    state.gan.generator.body(
      latents,
      in: ForwardPass(
        training: .init(noise: noise, replicas: sharedStatistics), state: state.generator,
        weights: weights))
  }

  private func discriminate(
    _ images: Tensor, weights: [Tensor], groups: Int, noise: SampleNoise
  ) -> Tensor {
    state.gan.discriminator.body(
      images,
      in: ForwardPass(
        training: .init(noise: noise, groups: groups, replicas: sharedStatistics),
        state: state.discriminator, weights: weights))
  }

  private func latents(_ purpose: RandomStream.Purpose, _ samples: [UInt32]) -> Tensor {
    noise(.showing, samples).normal(purpose, shape: [state.gan.latentDimension])
  }

  private func noise(_ pass: Pass, _ samples: [UInt32]) -> SampleNoise {
    SampleNoise(seed: seed, step: UInt64(state.step), phase: pass.rawValue, samples: samples)
  }

  /// Waits for a gradient averaged over all ranks, unless shared batch statistics have failed on the
  /// way.
  private func awaitMean(of exchange: GradientExchange) throws -> TensorBuffer {
    try sharedStatistics?.throwFailure()
    return try exchange.finish()
  }

  /// Averages over all ranks what each has for itself: the running statistics, which each rank's
  /// batch moved its own way, and the scalars, together with the flag that decides whether all
  /// stop. Whatever is decided from the result, every rank decides the same.
  private func agree(
    _ judgement: Judgement, generatorLoss: Float, stopRequested: Bool
  ) throws -> Report {
    let scalars = [
      judgement.loss, generatorLoss, judgement.realScore, judgement.fakeScore,
      stopRequested ? 1 : 0,
    ]
    let statistics = [state.generator.statistics, state.discriminator.statistics]
    var values = scalars + statistics.flatMap { $0.withMutableScalars(Array.init) }
    try communicator.average(&values)
    var rest = values[scalars.count...]
    for buffer in statistics {
      buffer.withMutableScalars { _ = $0.update(fromContentsOf: rest.prefix($0.count)) }
      rest = rest.dropFirst(buffer.count)
    }
    return Report(
      discriminatorLoss: values[0], generatorLoss: values[1], realScore: values[2],
      fakeScore: values[3], isStopRequested: values[4] > 0)
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
