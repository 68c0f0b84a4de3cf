import Files
import GANs
import Pictures
import Tensors
import Wording

/// What rank 0 lets people see of a run: the progress line, the logs, the learning curve and the
/// sample grids.
///
/// None of this is needed to go on, so a grid or a chart that cannot be written is a warning.
final class RunObserver {
  private let run: RunDirectory
  private let configuration: TrainingConfiguration
  private let imageCount: Int
  private let schedule: TrainingSchedule
  private let log: LossLog
  private let progress: ProgressLine
  /// Whether the last line could not be written, which is said once.
  private var isLogBroken = false

  init(
    _ run: RunDirectory, _ configuration: TrainingConfiguration, gan: GAN, imageCount: Int,
    totalSteps: Int, startingAfter step: Int, schedule: TrainingSchedule
  ) throws {
    self.run = run
    self.schedule = schedule
    self.configuration = configuration
    self.imageCount = imageCount
    log = try LossLog(run, of: gan, continuingAfter: step)
    progress = ProgressLine(of: gan, totalSteps: totalSteps, schedule: schedule)
  }

  /// Logs a step that took `seconds`.
  func record(
    _ report: TrainingStep.Report, of state: TrainingState, timings: TrainingStep.Timings,
    seconds: Double
  ) {
    let step = state.step
    let images = schedule.imagesSeen(before: step)
    let newImages = images - schedule.imagesSeen(before: step - 1)
    let record = LossRecord(
      step: step, epoch: Double(images) / Double(imageCount), images: images,
      discriminatorLoss: report.discriminatorLoss, generatorLoss: report.generatorLoss,
      realScore: report.realScore, fakeScore: report.fakeScore,
      imagesPerSecond: Double(newImages) / seconds,
      seconds: .init(
        step: seconds, data: timings.data, discriminator: timings.discriminator,
        generator: timings.generator, optimizer: timings.optimizer,
        communication: timings.communication),
      stability: .init(report, of: state, growth: schedule.growth(in: step - 1)))
    write { try log.append(record) }
    progress.report(record)
  }

  /// Logs a step that has no losses, as it left a network as it was.
  func recordSkip(of report: TrainingStep.Report, _ state: TrainingState) {
    let step = state.step
    let networks = report.skippedNetworks
    write { try log.append(SkippedUpdates(step: step, networks: networks)) }
    say(
      "warning: step \(step) skipped the update of the \(networks.joined(separator: " and the ")): a "
        + "loss or gradient was not finite (\(state.skippedSteps) of at most "
        + "\(configuration.optimization.skipsAllowed.counted("step")) of the run)")
  }

  /// Returns when the log is on disk, so that it goes as far as a checkpoint that is written next.
  func putLogOnDisk() { write { try log.sync() } }

  private func write(_ write: () throws -> Void) {
    do {
      try write()
      isLogBroken = false
    } catch {
      if !isLogBroken {
        progress.note("warning: the log cannot be written: \(systemReason(of: error))")
      }
      isLogBroken = true
    }
  }

  /// Draws what the averaged generator makes of the fixed latents, and the curve up to here.
  func writeSamples(of state: TrainingState) {
    let generator = ImageGenerator(
      gan: state.gan, state: state.average.state, growth: schedule.growth(in: state.step))
    let latents = generator.latents(
      seed: configuration.seed, indices: 0..<configuration.output.sampleCount)
    let pictures = generator.pictures(from: latents)
    warnIfFailing {
      try PictureGrid(holding: pictures.count).tiling(pictures)
        .writePNG(to: run.sampleGrid(step: state.step))
    }
    warnIfFailing {
      try log.drawCharts(
        title: "\(state.gan.name), \(state.gan.imageSize) × \(state.gan.imageSize), batch "
          + "\(configuration.optimization.batchSize)")
    }
  }

  private func warnIfFailing(_ write: () throws -> Void) {
    do {
      try write()
    } catch {
      progress.note("warning: \(error)")
    }
  }

  /// Says something about the run, below the live line.
  func say(_ message: String) {
    progress.endLine()
    progress.note(message)
  }

  /// Leaves the live line standing, so that what comes next begins on a line of its own.
  func endLine() {
    progress.endLine()
  }
}
