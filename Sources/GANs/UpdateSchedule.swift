import Wording

/// How often the discriminator is updated in each step of the generator.
public enum UpdateSchedule: Sendable, Hashable, CustomStringConvertible {
  /// The same number of times in each step.
  case constant(Int)
  /// `usual` times, but `eager` times in the first `start` steps and in every `period`-th, so that
  /// the generator learns from a critic near its optimum (Arjovsky et al., 2017).
  case warmedUp(usual: Int, eager: Int, start: Int, period: Int)

  /// The schedule of Arjovsky et al.'s program.
  public static let wasserstein = warmedUp(usual: 5, eager: 100, start: 25, period: 500)

  /// The number of updates in a step that is not an eager one.
  public var usual: Int {
    switch self {
    case .constant(let number): number
    case .warmedUp(let usual, _, _, _): usual
    }
  }

  /// How often, in words, such as `5 updates of the discriminator in each step`.
  public var description: String {
    let usual = "\(usual.counted("update")) of the discriminator in each step"
    return switch self {
    case .constant: usual
    case .warmedUp(_, let eager, let start, let period):
      "\(usual), but \(eager) in the first \(start) and once every \(period)"
    }
  }

  /// Returns the number of updates in `step`, which counts from 0.
  public func updates(in step: Int) -> Int {
    updates(before: step + 1) - updates(before: step)
  }

  /// Returns the number of updates in all steps before `step`.
  public func updates(before step: Int) -> Int {
    switch self {
    case .constant(let number):
      return number * step
    case .warmedUp(let usual, let eager, let start, let period):
      let multiplesBefore = { (step: Int) in (step + period - 1) / period }
      let eagerSteps = min(step, start) + max(0, multiplesBefore(step) - multiplesBefore(start))
      return usual * step + (eager - usual) * eagerSteps
    }
  }
}
