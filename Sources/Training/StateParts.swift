import Layers
import Tensors

/// A buffer of a training state, the names of its tensors, and what precedes them in files.
struct StatePart {
  let prefix: String
  let entries: [WeightLayout.Entry]
  let buffer: TensorBuffer
}

extension NetworkState {
  /// The network's weights and running statistics, under `prefix`.
  func parts(prefix: String) -> [StatePart] {
    [
      StatePart(prefix: prefix, entries: layout.weights, buffer: weights),
      StatePart(prefix: prefix, entries: layout.statistics, buffer: statistics),
    ]
  }
}

extension TrainingState {
  /// The averaged generator, and both networks with the moments of their optimizers.
  var parts: [StatePart] {
    let networks = [
      ("generator", generator, generatorOptimizer),
      ("discriminator", discriminator, discriminatorOptimizer),
    ]
    return average.state.parts(prefix: "generator_ema")
      + networks.flatMap { name, network, optimizer in
        network.parts(prefix: name) + [
          StatePart(
            prefix: "optimizer.\(name).first_moment", entries: network.layout.weights,
            buffer: optimizer.firstMoment),
          StatePart(
            prefix: "optimizer.\(name).second_moment", entries: network.layout.weights,
            buffer: optimizer.secondMoment),
        ]
      }
  }

  /// The networks with state dictionaries of their own in files, and what precedes their names
  /// there.
  var networks: [(prefix: String, network: NetworkState)] {
    [
      ("generator_ema", average.state), ("generator", generator),
      ("discriminator", discriminator),
    ]
  }

  /// Every buffer of the state.
  var buffers: [TensorBuffer] { parts.map(\.buffer) }

  /// True if no number of the state is infinite or no number at all.
  var isFinite: Bool { buffers.allSatisfy(\.isFinite) }
}
