import GANs
import Portraits
import Wording

extension TrainingConfiguration {
  /// Checks what can be checked before any work is done.
  /// - Throws: ``TrainingError`` of kind `usage`.
  public func validate(rankCount: Int) throws {
    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      if !condition { throw TrainingError(.usage, message()) }
    }
    let batch = optimization.batchSize
    try require(
      (1...65_536).contains(batch), "--batch-size is \(batch); it must be between 1 and 65536")
    try require(
      batch % rankCount == 0,
      """
      --batch-size \(batch) cannot be split evenly over \(rankCount.counted("rank")); the nearest sizes that \
      can are \(nearestMultiples(of: rankCount, to: batch))
      """)
    try require(
      optimization.epochs > 0 && optimization.epochs <= 1e6,
      "--epochs must be greater than 0 and at most a million")
    try require(
      (1...1_000_000_000).contains(optimization.steps ?? 1),
      "--steps must be between 1 and a billion")
    for (name, rate) in [
      ("learning-rate", optimization.learningRate),
      ("generator-learning-rate", optimization.generatorLearningRate),
      ("discriminator-learning-rate", optimization.discriminatorLearningRate),
    ] {
      try require(rate ?? 1 > 0 && rate ?? 1 <= 1, "--\(name) must be greater than 0 and at most 1")
    }
    try require(
      optimization.penaltyWeight ?? 1 > 0 && optimization.penaltyWeight ?? 1 <= 1e6,
      "--penalty-weight must be greater than 0 and at most a million")
    try require(
      (1...1000).contains(optimization.penaltyInterval ?? 1),
      "--penalty-every must be between 1 and 1000")
    try require(
      (1...1000).contains(optimization.discriminatorUpdates ?? 1),
      "--critic-updates must be between 1 and 1000")
    try require(
      (0..<1).contains(optimization.augmentationTarget ?? 0),
      "--augment-target must be at least 0 and less than 1")
    try require(
      (1...1_000_000_000_000).contains(optimization.growthImages ?? 1),
      "--growth-images must be between 1 and 1e12")
    try require(
      (0...1e12).contains(optimization.averageHalfLife),
      "--ema-half-life must be between 0 and 1e12 images")
    try require(
      (1...1_000_000).contains(optimization.skipLimit ?? 1),
      "--skip-limit must be between 1 and a million")
    try require(
      (1...65_536).contains(architecture.latentDimension ?? 1),
      "--latent-dim must be between 1 and 65536")
    try require(
      architecture.featureMaps > 0 && architecture.featureMaps <= 4096,
      "--feature-maps must be between 1 and 4096")
    try require(
      Augmentation.rotations.contains(data.rotation), "--rotation must be between 0 and 180 degrees"
    )
    try require(
      Augmentation.scalings.contains(data.scaling), "--scaling must be at least 0 and less than 1")
    try require(
      (1...1_000_000).contains(data.paintedCount), "--painted-count must be between 1 and a million"
    )
    try require(output.sampleEvery >= 0, "--sample-every must not be negative")
    try require(
      (1...4096).contains(output.sampleCount), "--sample-count must be between 1 and 4096")
    try require(output.checkpointEvery >= 0, "--checkpoint-every must not be negative")
    try require(output.keepCheckpoints > 0, "--keep-checkpoints must be at least 1")
    try require(output.keepEvery >= 0, "--keep-every must not be negative")

    let multiple = try makeGAN().discriminator.layout.batchMultiple
    try require(
      batch % (rankCount * multiple) == 0,
      """
      model \(model.rawValue) takes images \(multiple) at a time, so --batch-size \(batch) does not \
      fit \(rankCount.counted("rank")); the nearest sizes that do are \
      \(nearestMultiples(of: rankCount * multiple, to: batch))
      """)
  }
}

private func nearestMultiples(of divisor: Int, to number: Int) -> String {
  let below = number / divisor * divisor
  return below > 0 ? "\(below) and \(below + divisor)" : "\(below + divisor)"
}
