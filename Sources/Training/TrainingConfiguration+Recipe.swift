import GANs
import Layers

// The model that a configuration asks for: its own recipe, and what options change of it.

extension TrainingConfiguration {
  /// Eight gigabytes a copy, of which training needs seven.
  private static let largestParameterCount = 2_000_000_000

  /// Builds the model with the options that the configuration overrides.
  /// - Throws: ``TrainingError`` of kind `usage` if the model has no such size, the networks would
  ///   be too large for any machine, or an option does not go with the model.
  public func makeGAN() throws -> GAN {
    do {
      return try makeGANOfOptions()
    } catch let error as ArchitectureError {
      throw TrainingError(.usage, "\(error)")
    }
  }

  private func makeGANOfOptions() throws -> GAN {
    var gan = try model.makeGAN(architecture)
    let parameters = gan.generator.layout.parameterCount + gan.discriminator.layout.parameterCount
    guard parameters <= Self.largestParameterCount else {
      throw TrainingError(
        .usage,
        "these sizes make networks of \(parameters) parameters; choose a smaller --feature-maps or "
          + "--image-size")
    }
    try optimization.apply(to: &gan)
    return gan
  }
}

extension TrainingConfiguration.OptimizationOptions {
  /// Overrides the recipe of `gan` by the options that are given.
  /// - Throws: ``TrainingError`` if the model has nothing that an option could change,
  ///   `ArchitectureError` if its networks do not go together with the objective.
  fileprivate func apply(to gan: inout GAN) throws {
    if let rate = learningRate { gan.recipe.setLearningRate(rate) }
    if let rate = generatorLearningRate {
      gan.recipe.generatorOptimizer = gan.recipe.generatorOptimizer.withLearningRate(rate)
    }
    if let rate = discriminatorLearningRate {
      gan.recipe.discriminatorOptimizer = gan.recipe.discriminatorOptimizer.withLearningRate(rate)
    }
    if let objective { gan.recipe.objective = objective.makeObjective() }
    try applyPenalty(to: &gan)
    if let discriminatorUpdates {
      gan.recipe.discriminatorUpdates = .constant(discriminatorUpdates)
    }
    if let differentiableAugmentation {
      gan.recipe.augmentation = differentiableAugmentation
      gan.recipe.adaptiveAugmentation = nil
    }
    if let augmentationTarget {
      guard gan.recipe.augmentation != .none else {
        throw TrainingError(
          .usage, "--augment-target needs changes to make more or less often; add --diff-augment")
      }
      gan.recipe.adaptiveAugmentation = AdaptiveAugmentation(target: augmentationTarget)
    }
    if let growthImages {
      guard gan.recipe.growth != nil else {
        throw TrainingError(
          .usage, "model \(gan.name) does not grow; leave out --growth-images")
      }
      gan.recipe.growth?.stableImages = growthImages
      gan.recipe.growth?.fadeImages = growthImages
    }
    try gan.requirePenaltyToFit()
    try gan.requireWeightLimitToFit()
    try requireAdaptationToFit(gan)
  }

  /// Checks that the logits of the objective have a sign that adaptive augmentation can go by.
  private func requireAdaptationToFit(_ gan: GAN) throws {
    guard gan.recipe.adaptiveAugmentation != nil, gan.recipe.objective.logitMeaning == .rank else {
      return
    }
    let whose =
      objective.map { "--objective \($0.rawValue)" } ?? "the objective of model \(gan.name)"
    throw TrainingError(
      .usage,
      "adaptive augmentation goes by the sign of logits, which says nothing with \(whose); "
        + (augmentationTarget == nil
          ? "add --diff-augment \(gan.recipe.augmentation) to change all images, or none"
          : "leave out --augment-target")
        + ", or choose another --objective")
  }

  private func applyPenalty(to gan: inout GAN) throws {
    guard penaltyWeight != nil || penaltyInterval != nil else { return }
    guard var objective = gan.recipe.objective as? any PenalizedObjective else {
      throw TrainingError(
        .usage,
        "the objective of model \(gan.name) has no penalty; leave out --penalty-weight and "
          + "--penalty-every, or choose --objective wgan-gp or r1")
    }
    if let penaltyWeight { objective.penalty?.weight = penaltyWeight }
    if let penaltyInterval { objective.penalty?.interval = penaltyInterval }
    gan.recipe.objective = objective
  }
}
