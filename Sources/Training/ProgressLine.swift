import Foundation

/// Says how training goes: one live line on a terminal, a plain line now and then in a log.
final class ProgressLine {
  private let totalSteps: Int
  /// The width of a live line; nil where plain lines are printed.
  private let columns = Terminal.columns
  private var lastPrinted: ContinuousClock.Instant?
  private var recentSteps: [(at: ContinuousClock.Instant, step: Int)] = []

  /// How often a line is printed, in seconds.
  private var interval: Double { columns == nil ? 20 : 0.2 }
  /// The number of steps that the speed and the time left are estimated from.
  private static let window = 50

  init(totalSteps: Int) {
    self.totalSteps = totalSteps
  }

  /// Reports a step, if it is time to.
  func report(_ record: LossRecord) {
    let now = ContinuousClock.now
    recentSteps.append((now, record.step))
    if recentSteps.count > Self.window { recentSteps.removeFirst() }
    let isDue = lastPrinted.map { (now - $0) / .seconds(1) >= interval } ?? true
    guard isDue || record.step == totalSteps else { return }
    lastPrinted = now
    let left = secondsLeft(after: record).map { "  ETA " + durationText($0) } ?? ""
    let line =
      String(
        format:
          "epoch %.2f  step %d/%d  %.0f images/s  D loss %.3f  G loss %.3f  D(x) %.2f  D(G(z)) %.2f",
        record.epoch, record.step, totalSteps, record.imagesPerSecond, record.discriminatorLoss,
        record.generatorLoss, record.realScore, record.fakeScore) + left
    if let columns {
      let short =
        String(
          format: "%d/%d  %.0f images/s  D %.2f  G %.2f  D(x) %.2f  D(G(z)) %.2f", record.step,
          totalSteps, record.imagesPerSecond, record.discriminatorLoss, record.generatorLoss,
          record.realScore, record.fakeScore) + left
      Terminal.write(
        Terminal.clearedLine + (line.count < columns ? line : short).prefix(columns - 1))
    } else {
      Terminal.say(line)
    }
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

  private func secondsLeft(after record: LossRecord) -> Double? {
    guard let first = recentSteps.first, let last = recentSteps.last, last.step > first.step else {
      return nil
    }
    let perStep = (last.at - first.at) / .seconds(1) / Double(last.step - first.step)
    return perStep * Double(totalSteps - record.step)
  }
}
