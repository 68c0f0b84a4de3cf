import Foundation
import GANs
import Wording

/// Says how training goes: one live line on a terminal, a plain line now and then in a log.
final class ProgressLine {
  private let totalSteps: Int
  private let totalImages: Int
  /// How many images it takes until a step costs what all later ones do.
  private let imagesToGrowUp: Int
  private let logitMeaning: LogitMeaning
  /// The width of a live line; nil where plain lines are printed.
  private let columns = Terminal.columns
  private var lastPrinted: ContinuousClock.Instant?
  private var recentSteps: [(at: ContinuousClock.Instant, images: Int)] = []

  /// How often a line is printed, in seconds.
  private var interval: Double { columns == nil ? 20 : 0.2 }
  /// The number of steps that the speed and the time left are estimated from.
  private static let window = 50

  init(of gan: GAN, totalSteps: Int, schedule: TrainingSchedule) {
    self.totalSteps = totalSteps
    totalImages = schedule.imagesSeen(before: totalSteps)
    imagesToGrowUp = gan.recipe.growth?.imagesToGrowUp ?? 0
    logitMeaning = gan.recipe.objective.logitMeaning
  }

  /// Reports a step, if it is time to.
  func report(_ record: LossRecord) {
    let now = ContinuousClock.now
    if record.images >= imagesToGrowUp { recentSteps.append((now, record.images)) }
    if recentSteps.count > Self.window { recentSteps.removeFirst() }
    let isDue = lastPrinted.map { (now - $0) / .seconds(1) >= interval } ?? true
    guard isDue || record.step == totalSteps else { return }
    lastPrinted = now
    let scores = judgement(in: record)
    let left = secondsLeft.map { "  ETA " + durationText($0) } ?? ""
    let line =
      String(
        format: "epoch %.2f  step %d/%d  %.0f images/s  D loss %.3f  G loss %.3f  ",
        record.epoch, record.step, totalSteps, record.imagesPerSecond, record.discriminatorLoss,
        record.generatorLoss) + scores + left
    if let columns {
      let short =
        String(
          format: "%d/%d  %.0f images/s%@  D %.2f  G %.2f  ", record.step, totalSteps,
          record.imagesPerSecond, left, record.discriminatorLoss, record.generatorLoss) + scores
      let fitting = line.count < columns ? line : Self.shortened(short, to: columns - 1)
      Terminal.write(Terminal.clearedLine + fitting)
    } else {
      Terminal.say(line)
    }
  }

  /// Leaves out the last fields of a line that is too long: half a number would be another one.
  private static func shortened(_ line: String, to width: Int) -> String {
    var line = line[...]
    while line.count > width, let gap = line.range(of: "  ", options: .backwards) {
      line = line[..<gap.lowerBound]
    }
    return String(line.prefix(width))
  }

  /// Prints a message on a line of its own.
  func note(_ message: String) {
    Terminal.say((columns == nil ? "" : Terminal.clearedLine) + message)
  }

  /// Leaves the live line standing, if there is one.
  func endLine() {
    if columns != nil && lastPrinted != nil { Terminal.write("\n") }
    lastPrinted = nil
  }

  /// Says what the discriminator makes of real and of generated images.
  private func judgement(in record: LossRecord) -> String {
    guard logitMeaning != .logOdds, let logits = record.stability else {
      return String(format: "D(x) %.2f  D(G(z)) %.2f", record.realScore, record.fakeScore)
    }
    return String(
      format: "logit(x) %.2f  logit(G(z)) %.2f", logits.realLogit, logits.fakeLogit)
  }

  /// What the images that are left take at the latest speed; nil as long as networks grow, whose
  /// images take longer and longer.
  private var secondsLeft: Double? {
    guard let first = recentSteps.first, let last = recentSteps.last, last.images > first.images
    else { return nil }
    let perImage = (last.at - first.at) / .seconds(1) / Double(last.images - first.images)
    return perImage * Double(totalImages - last.images)
  }
}
