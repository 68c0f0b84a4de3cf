import Collectives
import Foundation
import GANs
import Tensors
import Training
import Wording

/// Measures, on all ranks of a job, what training a model on them takes.
package struct Benchmark {
  /// The parts of the measurement, in their order.
  package enum Section: String, Sendable, CaseIterable {
    /// A training step in parts, and its memory.
    case step
    /// Memory and allreduce.
    case bandwidth
    /// Every convolution of a step.
    case convolutions
    /// A prediction from the first two.
    case scaling
  }

  /// How ranks take a step together.
  package struct StepOptions: Sendable {
    /// How gradients get from rank to rank.
    package var exchange: GradientExchangeOptions
    /// Normalises by the statistics of the whole batch; a prediction leaves out what that sends.
    package var synchronizesBatchStatistics: Bool

    package init(
      exchange: GradientExchangeOptions = .init(), synchronizesBatchStatistics: Bool = false
    ) {
      self.exchange = exchange
      self.synchronizesBatchStatistics = synchronizesBatchStatistics
    }
  }

  /// The link that scaling is predicted for; what is nil is measured or assumed.
  package struct LinkOptions: Sendable {
    /// In seconds.
    package var latency: Double?
    /// In bytes per second.
    package var bandwidth: Double?
    package var algorithm: AllreduceModel.Algorithm

    package init(
      latency: Double? = nil, bandwidth: Double? = nil,
      algorithm: AllreduceModel.Algorithm = .tuned
    ) {
      self.latency = latency
      self.bandwidth = bandwidth
      self.algorithm = algorithm
    }
  }

  /// Of a network as it is common, for jobs that have no link of their own: 1 Gbit/s, 50 µs.
  private static let commonLink = Link(latency: 50e-6, bandwidth: 125e6)

  /// The part of a phase's computation that a gradient can travel behind: about half, the way back
  /// through the network that it belongs to. The generator's phase takes about as long as an update
  /// of the discriminator.
  private static let hideableShareOfPhase = 0.5

  private let gan: GAN
  private let batchSize: Int
  private let communicator: any Communicator
  private let options: StepOptions

  /// - Parameter batchSize: images of an update over all ranks; a multiple of their number.
  package init(
    _ gan: GAN, batchSize: Int, communicator: any Communicator, options: StepOptions = .init()
  ) {
    precondition(
      batchSize.isMultiple(of: communicator.size),
      "a batch of \(batchSize) for \(communicator.size) ranks")
    self.gan = gan
    self.batchSize = batchSize
    self.communicator = communicator
    self.options = options
  }

  /// Measures `sections`, and those that they build on. All ranks call it; the report is rank 0's.
  /// - Parameters:
  ///   - steps: timed steps.
  ///   - secondsPerPass: how long each pass of a convolution is timed.
  ///   - progress: called with what is being done.
  package func run(
    _ sections: Set<Section>, steps: Int, secondsPerPass: Double, link: LinkOptions,
    progress: (String) -> Void
  ) throws -> BenchmarkReport {
    let predicts = sections.contains(.scaling)
    let hosts = Set(try communicator.allGather(communicator.hostName)).count
    var report = BenchmarkReport(
      setting: .init(
        model: gan.name, imageSize: gan.imageSize, batchSize: batchSize, ranks: communicator.size,
        hosts: hosts, threadsPerRank: ComputeThreads.count,
        convolutions: ConvolutionMethods.allowed.rawValue,
        gradientExchange: options.exchange.format.rawValue,
        overlaps: communicator.overlaps(options.exchange),
        synchronizesBatchStatistics: options.synchronizesBatchStatistics,
        linearAlgebra:
          "\(LinearAlgebraLibrary.version), kernels for \(LinearAlgebraLibrary.coreType)"))
    // First, while nothing else has taken memory.
    if sections.contains(.step) || predicts {
      begin("\(steps.counted("step")) of training", progress)
      report.step = try StepBenchmark(
        communicator: communicator, steps: steps, options: options
      ).measure(gan, batchSize: batchSize)
    }
    if sections.contains(.bandwidth) || predicts {
      begin("memory and messages", progress)
      report.bandwidth = try BandwidthBenchmark(communicator: communicator).measure()
    }
    if sections.contains(.convolutions) {
      report.convolutions = try ConvolutionBenchmark(
        communicator: communicator, secondsPerPass: secondsPerPass
      ).measure(gan, batchSize: batchSize) { done, total in
        begin("convolution pass \(done + 1) of \(total)", progress)
      }
    }
    if predicts, let step = report.step, let bandwidth = report.bandwidth {
      report.scaling = scaling(from: step, bandwidth, over: link, hosts: hosts)
    }
    return report
  }

  private func begin(_ part: String, _ progress: (String) -> Void) {
    communicator.activity = "benchmark, \(part)"
    progress(part)
  }

  private func scaling(
    from step: StepResult, _ bandwidth: BandwidthResult, over options: LinkOptions, hosts: Int
  ) -> BenchmarkReport.Scaling {
    let images = batchSize / communicator.size
    let whole = step.sideBySide.median
    // Two sizes of batch tell what a step takes for itself from what it takes for each image.
    let perImage = step.halfBatch.map { half in
      min(whole, max(0, whole - half.median)) / Double(images - step.halfBatchImages)
    }
    let secondsPerImage = perImage ?? whole / Double(images)
    let (link, source) = self.link(options, measured: bandwidth, hosts: hosts)
    let updates = step.discriminatorUpdates
    let gradients =
      Array(repeating: step.discriminatorGradientBytes, count: updates)
      + [step.generatorGradientBytes]
    let hideableShare = Self.hideableShareOfPhase / Double(updates + 1)
    let model = ScalingModel(
      secondsPerStep: max(0, whole - secondsPerImage * Double(images)),
      secondsPerImage: secondsPerImage,
      messages: gradients.map { .init(bytes: $0, hideableShare: hideableShare) }
        + step.otherBytes.map { .init(bytes: $0, hideableShare: 0) },
      link: link, algorithm: options.algorithm, discriminatorUpdates: updates)
    return BenchmarkReport.Scaling(
      linkSource: source, model: model, weak: model.weakScaling(imagesPerRank: images),
      strong: model.strongScaling(
        images: batchSize, multiple: gan.discriminator.layout.batchMultiple),
      check: communicator.size > 1 ? check(model, step, bandwidth) : nil)
  }

  /// Compares over the link that the ranks of this job have, whatever the other predictions are
  /// for.
  private func check(
    _ model: ScalingModel, _ step: StepResult, _ bandwidth: BandwidthResult
  ) -> BenchmarkReport.Check {
    let (size, images) = (communicator.size, batchSize / communicator.size)
    var model = model
    model.link = measuredLink(bandwidth) ?? model.link
    // What is sent in the background goes round, as the communicator has it.
    model.algorithm = communicator.overlaps(options.exchange) ? .ring : .tuned
    let rate = step.imagesPerSecond.median
    let imagesPerStep = Double(batchSize * step.discriminatorUpdates)
    return BenchmarkReport.Check(
      predicted: model.prediction(ranks: size, imagesPerRank: images, single: images),
      measuredCommunicationSeconds: step.communication.median, measuredImagesPerSecond: rate,
      measuredEfficiency: rate * step.sideBySide.median / imagesPerStep,
      measuredEfficiencyAgainstAlone: rate * step.alone.median / imagesPerStep)
  }

  private func link(
    _ options: LinkOptions, measured bandwidth: BandwidthResult, hosts: Int
  ) -> (Link, source: String) {
    // Memory that ranks share says nothing about the network between hosts.
    let measured = hosts > 1 ? measuredLink(bandwidth) : nil
    var link = measured ?? Self.commonLink
    if let latency = options.latency { link.latency = latency }
    if let bandwidth = options.bandwidth { link.bandwidth = bandwidth }
    let origin =
      measured == nil
      ? "assumed for a common network" : "measured in this job, between \(hosts) hosts"
    return switch (options.latency, options.bandwidth) {
    case (nil, nil): (link, origin)
    case (_?, _?): (link, "given")
    case (_?, nil): (link, "latency given, bandwidth \(origin)")
    case (nil, _?): (link, "bandwidth given, latency \(origin)")
    }
  }

  private func measuredLink(_ bandwidth: BandwidthResult) -> Link? {
    guard let short = bandwidth.allreduce.first, let long = bandwidth.allreduce.last else {
      return nil
    }
    return Link(
      short: (short.bytes, short.seconds.median), long: (long.bytes, long.seconds.median),
      ranks: communicator.size)
  }
}
