import GANs
import Layers

extension LossRecord.Stability {
  /// Describes `state` after a step that was taken at this stage of growth.
  init(_ report: TrainingStep.Report, of state: TrainingState, growth: Growth?) {
    func finite(_ number: Float) -> Float? { number.isFinite ? number : nil }
    let watched = state.watchedWeights
    self.init(
      discriminatorGradientNorm: finite(report.discriminatorGradientNorm),
      generatorGradientNorm: finite(report.generatorGradientNorm), realLogit: report.realLogit,
      fakeLogit: report.fakeLogit, realSign: report.realSign,
      augmentationProbability: state.gan.recipe.adaptiveAugmentation.map { _ in
        state.augmentation.probability
      },
      penalty: report.penalty.flatMap(finite), growthLevel: growth?.level,
      growthFade: growth?.fade,
      watched: watched.isEmpty ? nil : Dictionary(uniqueKeysWithValues: watched))
  }
}

extension TrainingState {
  /// The weights that layers want to be seen, with their names in files.
  var watchedWeights: [(name: String, value: Float)] {
    [("generator", generator), ("discriminator", discriminator)].flatMap { network, state in
      zip(state.layout.weights, state.weights.tensors).filter(\.0.isWatched).map {
        ("\(network).\($0.name)", $1.scalar)
      }
    }
  }
}
