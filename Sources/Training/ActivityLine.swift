/// Says what a long command is doing: one live line on a terminal, a plain line an activity in a
/// log.
public final class ActivityLine {
  private let columns = Terminal.columns
  private var activity = ""
  private var percent = -1

  public init() {}

  /// Reports that `fraction` of an activity is done.
  public func report(_ activity: String, _ fraction: Double) {
    let percent = Int(fraction * 100)
    let isNew = activity != self.activity
    guard isNew || percent != self.percent else { return }
    (self.activity, self.percent) = (activity, percent)
    if let columns {
      let line = fraction > 0 ? "\(activity): \(percent) %" : activity
      Terminal.write(Terminal.clearedLine + line.prefix(columns - 1))
    } else if isNew {
      Terminal.say(activity)
    }
  }

  /// Removes the live line, if there is one.
  public func clear() {
    if columns != nil && !activity.isEmpty { Terminal.write(Terminal.clearedLine) }
    activity = ""
  }
}
