import GANs
import Layers

/// What follows from the number of steps done: which images come next, how far the networks have
/// grown, how many updates they have had. A resumed run finds its place by it.
public struct TrainingSchedule: Sendable {
  private let updates: UpdateSchedule
  private let growth: GrowthSchedule?
  private let batchSize: Int

  /// - Parameter batchSize: the number of real images of an update over all ranks.
  public init(of recipe: GAN.Recipe, batchSize: Int) {
    (updates, growth) = (recipe.discriminatorUpdates, recipe.growth)
    self.batchSize = batchSize
  }

  /// Returns the numbers of the discriminator's updates in `step`, which are also those of its
  /// batches of real images. All count from 0.
  public func discriminatorUpdates(in step: Int) -> Range<Int> {
    updates.updates(before: step)..<updates.updates(before: step + 1)
  }

  /// Returns the number of real images seen by all ranks in the first `step` steps.
  public func imagesSeen(before step: Int) -> Int { updates.updates(before: step) * batchSize }

  /// Returns the number of real images seen by all ranks in the last `count` of the first `step`
  /// steps.
  func imagesSeen(inLast count: Int, before step: Int) -> Int {
    imagesSeen(before: step) - imagesSeen(before: max(0, step - count))
  }

  /// Returns the smallest number of steps that take at least so many batches of real images.
  public func steps(toTake batches: Int) -> Int {
    firstStep { updates.updates(before: $0) >= batches }
  }

  /// Returns how far the networks have grown in `step`; nil for networks of one size.
  public func growth(in step: Int) -> Growth? {
    growth?.growth(imagesSeen: imagesSeen(before: step))
  }

  /// Returns whether a level begins to fade in with `step`, or has faded in, for which the
  /// optimizers begin anew, as in Karras et al.'s program.
  public func restartsOptimizers(in step: Int) -> Bool {
    step > 0 && phase(in: step) != phase(in: step - 1)
  }

  /// Returns how many updates both optimizers remember after the first `step` steps.
  public func rememberedUpdates(after step: Int) -> (generator: Int, discriminator: Int) {
    var start = 0
    if step > 0, let current = phase(in: step - 1) {
      start = firstStep { (phase(in: $0) ?? current) >= current }
    }
    return (step - start, updates.updates(before: step) - updates.updates(before: start))
  }

  /// Returns a number that grows with each phase of networks that grow: a level fading in, or
  /// trained by itself; nil for networks of one size.
  private func phase(in step: Int) -> Int? {
    growth(in: step).map { 2 * $0.level + ($0.fade < 1 ? 0 : 1) }
  }

  /// Returns the first step for which `condition` holds, which must hold for all later ones.
  private func firstStep(where condition: (Int) -> Bool) -> Int {
    var last = 1
    while !condition(last) { last *= 2 }
    var first = 0
    while first < last {
      let middle = (first + last) / 2
      if condition(middle) { last = middle } else { first = middle + 1 }
    }
    return first
  }
}
