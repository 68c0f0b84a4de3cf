import GANs

/// How likely what the discriminator sees is changed, as it stands between two steps.
public struct AugmentationStrength: Sendable, Equatable {
  /// Of each change of each image: 1 unless the recipe adapts it, which begins at 0.
  public private(set) var probability: Float
  /// The sum of rₜ over the steps since the probability last moved.
  private var signSum: Float = 0
  private let control: AdaptiveAugmentation?

  init(of recipe: GAN.Recipe) {
    control = recipe.adaptiveAugmentation
    probability = control == nil ? 1 : 0
  }

  /// Follows a step.
  /// - Parameters:
  ///   - meanSign: rₜ of the step over all ranks.
  ///   - step: the number of steps done.
  ///   - images: the real images shown in the last ``AdaptiveAugmentation/interval`` steps.
  mutating func follow(meanSign: Float, after step: Int, images: Int) {
    guard let control else { return }
    // A step without numbers speaks neither for more nor for less.
    signSum += meanSign.isFinite ? meanSign : control.target
    let interval = AdaptiveAugmentation.interval
    guard step.isMultiple(of: interval) else { return }
    probability = control.adjusted(
      probability, meanSign: signSum / Float(interval), images: images)
    signSum = 0
  }

  /// What a checkpoint has to hold; nil if nothing changes.
  var stored: String? { control == nil ? nil : "\(probability) \(signSum)" }

  /// Goes on from what a checkpoint holds; returns false if it makes no sense.
  mutating func restore(_ stored: String?) -> Bool {
    guard control != nil else { return stored == nil }
    let numbers = (stored ?? "").split(separator: " ").compactMap { Float($0) }
    guard numbers.count == 2, (0...1).contains(numbers[0]), numbers[1].isFinite else {
      return false
    }
    (probability, signSum) = (numbers[0], numbers[1])
    return true
  }
}
