import Collectives
import GANs
import Layers
import Tensors

/// One training step of all ranks together: the two-step process of the paper's section 2.2.
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
    public var discriminator = 0.0
    public var generator = 0.0
    /// Waiting for and exchanging gradients; not part of the two above.
    public var communication = 0.0
  }

  private enum Phase: UInt8 {
    case discriminator, generator
  }

  public var timings = Timings()

  private let state: TrainingState
  private let communicator: any Communicator
  private let batchSize: Int
  private let seed: UInt64
  private let sharedStatistics: SharedBatchStatistics?
  private let generatorGradient: TensorBuffer
  private let discriminatorGradient: TensorBuffer

  /// - Parameters:
  ///   - batchSize: the number of real images of a step over all ranks.
  ///   - synchronizesBatchStatistics: normalises by the statistics of the whole batch instead of
  ///     each rank's share.
  public init(
    state: TrainingState, communicator: any Communicator, batchSize: Int, seed: UInt64,
    synchronizesBatchStatistics: Bool
  ) {
    self.state = state
    self.communicator = communicator
    self.batchSize = batchSize
    self.seed = seed
    sharedStatistics =
      synchronizesBatchStatistics && communicator.size > 1
      ? SharedBatchStatistics(communicator) : nil
    generatorGradient = TensorBuffer(shapes: state.generator.weights.shapes)
    discriminatorGradient = TensorBuffer(shapes: state.discriminator.weights.shapes)
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
    let recipe = state.gan.recipe
    let generatorVariables = state.generator.weights.tensors.map { $0.variable() }

    // "Initially, the generator network receives random noise as input and utilizes it to generate
    // an image": the latents z, and N(z).
    var clock = PhaseClock()
    communicator.activity = "step \(state.step + 1), discriminator"
    var fakes = images(
      from: latents(.discriminatorLatents, samples),
      weights: recipe.drawsFreshLatentsForGenerator
        ? state.generator.weights.tensors : generatorVariables,
      noise: noise(.generator, samples))

    // "Subsequently, the discriminator can discriminate between the generated images and the real
    // images in the training database": K(x) against K(N(z)), as one batch.
    let discriminatorVariables = state.discriminator.weights.tensors.map { $0.variable() }
    let both = samples + samples.map { $0 + UInt32(batchSize) }
    let logits = discriminate(
      .concatenated([reals, fakes.detached]), weights: discriminatorVariables,
      groups: recipe.normalizesRealsAndFakesApart ? 2 : 1, noise: noise(.discriminator, both))
    let realLogits = logits.sliced(0..<samples.count)
    let fakeLogits = logits.sliced(samples.count..<both.count)
    let discriminatorLoss = recipe.objective.discriminatorLoss(
      realLogits: realLogits, fakeLogits: fakeLogits, noise: noise(.discriminator, samples))
    discriminatorGradient.store(
      gradient(of: discriminatorLoss, withRespectTo: discriminatorVariables))
    timings.discriminator += clock.lap()
    try communicator.average(discriminatorGradient)
    timings.communication += clock.lap()
    state.discriminatorOptimizer.update(
      state.discriminator.weights, along: discriminatorGradient)
    timings.discriminator += clock.lap()

    // "Based on the discriminative feedback, the generator is automatically updated to produce
    // increasingly realistic images that can fool the discriminator."
    communicator.activity = "step \(state.step + 1), generator"
    if recipe.drawsFreshLatentsForGenerator {
      fakes = images(
        from: latents(.generatorLatents, samples), weights: generatorVariables,
        noise: noise(.generator, samples))
    }
    let judgement = discriminate(
      fakes, weights: state.discriminator.weights.tensors, groups: 1,
      noise: noise(.generator, samples))
    let generatorLoss = recipe.objective.generatorLoss(fakeLogits: judgement)
    generatorGradient.store(gradient(of: generatorLoss, withRespectTo: generatorVariables))
    timings.generator += clock.lap()
    try communicator.average(generatorGradient)
    timings.communication += clock.lap()
    state.generatorOptimizer.update(state.generator.weights, along: generatorGradient)
    timings.generator += clock.lap()
    // Each rank's batch moved its running statistics its own way; the mean of all is kept.
    try communicator.average(state.generator.statistics)
    try communicator.average(state.discriminator.statistics)
    timings.communication += clock.lap()

    state.step += 1
    state.average.update(
      towards: state.generator, imagesSeen: state.step * batchSize, batchSize: batchSize)
    timings.generator += clock.lap()

    try sharedStatistics?.throwFailure()
    let report = try agree(
      discriminatorLoss: discriminatorLoss, generatorLoss: generatorLoss,
      realScore: realLogits.sigmoid().mean(), fakeScore: fakeLogits.sigmoid().mean(),
      stopRequested: stopRequested)
    timings.communication += clock.lap()
    return report
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
    noise(.generator, samples).normal(purpose, shape: [state.gan.latentDimension])
  }

  private func noise(_ phase: Phase, _ samples: [UInt32]) -> SampleNoise {
    SampleNoise(
      seed: seed, step: UInt64(state.step), phase: phase.rawValue, samples: samples)
  }

  /// Averages the scalars over all ranks, together with the flag that decides whether all stop:
  /// whatever is decided from the result, every rank decides the same.
  private func agree(
    discriminatorLoss: Tensor, generatorLoss: Tensor, realScore: Tensor, fakeScore: Tensor,
    stopRequested: Bool
  ) throws -> Report {
    var scalars = [
      discriminatorLoss.scalar, generatorLoss.scalar, realScore.scalar, fakeScore.scalar,
      stopRequested ? 1 : 0,
    ]
    try communicator.average(&scalars)
    return Report(
      discriminatorLoss: scalars[0], generatorLoss: scalars[1], realScore: scalars[2],
      fakeScore: scalars[3], isStopRequested: scalars[4] > 0)
  }
}

extension Communicator {
  /// Replaces every tensor of `buffer`, on every rank, by its mean over all ranks.
  func average(_ buffer: TensorBuffer) throws {
    try buffer.withMutableScalars { try average($0) }
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
