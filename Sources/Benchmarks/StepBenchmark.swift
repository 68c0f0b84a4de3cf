import Collectives
import GANs
import Tensors

/// What a training step takes, in parts.
package struct StepResult: Codable, Sendable, Equatable {
  /// Of all ranks together.
  package var imagesPerSecond: Spread
  /// Seconds of rank 0; the whole step, then its parts.
  package var step, data, discriminator, generator, optimizer, communication, rest: Spread
  /// Seconds of a step in which every rank computes for itself, at the same time; the same as the
  /// step for one rank.
  package var sideBySide: Spread
  /// Seconds of a step of rank 0 while the others wait.
  package var alone: Spread
  /// As `sideBySide`, with half the images, or as many as the networks take of them; nil where they
  /// take none.
  package var halfBatch: Spread?
  /// The images of a rank then.
  package var halfBatchImages: Int
  /// The largest memory of a rank, in bytes: what was in memory at the most, and of it tensors.
  package var peakBytes: Int?
  package var peakTensorBytes: Int
  /// How often a step updates the discriminator, with a batch of real images each time.
  package var discriminatorUpdates: Int
  /// What a step averages, in bytes as they travel: the discriminator's gradient in each update,
  /// the generator's, then small buffers.
  package var discriminatorGradientBytes, generatorGradientBytes: Int
  package var otherBytes: [Int]
}

/// Times steps of training, those of all ranks together between those of each for itself.
struct StepBenchmark {
  let communicator: any Communicator
  let steps: Int
  let options: Benchmark.StepOptions

  /// Steps at the beginning that do not count: they allocate, and fault pages in.
  private static let warmup = 2

  func measure(_ gan: GAN, batchSize: Int) throws -> StepResult {
    let run = PracticeRun(
      gan, batchSize: batchSize, communicator: communicator, options: options)
    let images = run.imagesPerRank
    let multiple = gan.discriminator.layout.batchMultiple
    let halfImages = images / 2 / multiple * multiple
    for _ in 0..<Self.warmup { _ = try run.step(in: .job, images: images) }

    var together: [StepTiming] = []
    var sideBySide: [Double] = []
    var alone: [Double] = []
    var halfBatch: [Double] = []
    var memory: (peak: Int, tensors: Int)?
    for _ in 0..<steps {
      try communicator.barrier()
      together.append(try run.step(in: .job, images: images))
      if memory == nil { memory = try largestMemory() }
      try communicator.barrier()
      if communicator.size > 1 {
        sideBySide.append(try run.step(in: .nobody, images: images).step)
        try communicator.barrier()
        if communicator.isRoot { alone.append(try run.step(in: .nobody, images: images).step) }
        try communicator.barrier()
      }
      if halfImages > 0 { halfBatch.append(try run.step(in: .nobody, images: halfImages).step) }
    }

    func spread(_ part: (StepTiming) -> Double) -> Spread { Spread(together.map(part)) }
    let whole = spread(\.step)
    let bytes = run.messageBytes
    return StepResult(
      imagesPerSecond: Spread(together.map { Double($0.images) / $0.step }), step: whole,
      data: spread(\.data), discriminator: spread(\.discriminator),
      generator: spread(\.generator), optimizer: spread(\.optimizer),
      communication: spread(\.communication), rest: spread(\.rest),
      sideBySide: sideBySide.isEmpty ? whole : Spread(sideBySide),
      alone: alone.isEmpty ? whole : Spread(alone),
      halfBatch: halfBatch.isEmpty ? nil : Spread(halfBatch), halfBatchImages: halfImages,
      peakBytes: memory.flatMap { $0.peak > 0 ? $0.peak : nil },
      peakTensorBytes: memory?.tensors ?? 0, discriminatorUpdates: run.discriminatorUpdates,
      discriminatorGradientBytes: bytes.discriminator,
      generatorGradientBytes: bytes.generator, otherBytes: bytes.others)
  }

  /// The largest of all ranks.
  private func largestMemory() throws -> (peak: Int, tensors: Int) {
    (
      try communicator.maximum(ProcessMemory.peakBytes ?? 0),
      try communicator.maximum(StorageStatistics.current.peakBytesInUse)
    )
  }
}
