import Collectives
import Layers
import Tensors

extension TrainingState {
  /// Measures the batch statistics that the averaged generator has on fresh latents, and the
  /// largest singular values of its weights.
  ///
  /// Statistics gathered while the weights were others do not fit their average, and make its
  /// pictures pale. The ranks share the work and the result, which depends on the averaged weights,
  /// the seed and the number of ranks only.
  package func measureAverageStatistics(
    seed: UInt64, growth: Growth?, over communicator: any Communicator
  ) throws {
    // Where statistics never move, the average shares those of the networks.
    let hasStatistics = !gan.generator.layout.statistics.isEmpty
    guard hasStatistics && !gan.recipe.runsLayersAsInInference else { return }
    let (batches, batchSize) = (8, 64)
    let own = stride(from: communicator.rank, to: batches, by: communicator.size)
    // The vectors of spectral normalisation are the generator's until they fit the average.
    average.state.statistics.store(generator.statistics.tensors)
    average.state.iterateSpectralNorms(10)
    for (done, batch) in own.enumerated() {
      let noise = SampleNoise(
        seed: seed, step: UInt64(batch), phase: 0, samples: Array(0..<UInt32(batchSize)))
      // Weights of 1, 1/2, 1/3, … make a plain mean of this rank's batches.
      let training = ForwardPass.Training(noise: noise, statisticsMomentum: 1 / Float(done + 1))
      _ = gan.generator.body(
        noise.normal(.statistics, shape: [gan.latentDimension]),
        in: ForwardPass(
          training: training, state: average.state, weights: average.state.weights.tensors,
          growth: growth))
    }
    let share = Float(own.underestimatedCount) / Float(batches)
    try average.state.statistics.withMutableScalars { statistics in
      for index in statistics.indices { statistics[index] *= share }
      try communicator.sum(statistics)
    }
  }
}
