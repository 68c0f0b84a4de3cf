import Collectives
import GANs
import Layers

/// A checkpoint's generator on every rank; the file need be where rank 0 runs only.
public struct TrainedGenerator: Sendable {
  /// How the run was configured.
  public let configuration: TrainingConfiguration
  /// The number of training steps done.
  public let step: Int
  /// The digest of the images that were trained on, in hexadecimal.
  public let dataDigest: String
  /// Which newer checkpoints of the run had to be passed over, and why.
  public let passedOver: [String]
  public let generator: ImageGenerator

  /// Reads, on rank 0, the checkpoint file at `path` or the newest usable one of the run there.
  /// - Parameter averaged: whether to take the moving average of the weights, or the newest.
  /// - Throws: ``TrainingError`` on every rank if it cannot be read.
  public init(from path: String, averaged: Bool, over communicator: any Communicator) throws {
    communicator.activity = "reading the checkpoint"
    let read = try communicator.onEveryRank {
      guard communicator.isRoot else {
        return nil as (checkpoint: Checkpoint, passedOver: [String], state: NetworkState)?
      }
      let (checkpoint, passedOver) = try Checkpoint.open(path)
      let gan = try checkpoint.configuration.makeGAN()
      return (checkpoint, passedOver, try checkpoint.generator(of: gan, averaged: averaged))
    }
    configuration = try communicator.broadcast(
      read?.checkpoint.configuration ?? TrainingConfiguration())
    step = try communicator.broadcast(read?.checkpoint.step ?? 0)
    dataDigest = try communicator.broadcast(read?.checkpoint.dataDigest ?? "")
    passedOver = try communicator.broadcast(read?.passedOver ?? [])
    let gan = try configuration.makeGAN()
    let state = read?.state ?? NetworkState(layout: gan.generator.layout, seed: 0, network: 0)
    for buffer in [state.weights, state.statistics] {
      try buffer.withMutableScalars {
        try communicator.broadcast(UnsafeMutableRawBufferPointer($0), from: 0)
      }
    }
    generator = ImageGenerator(
      gan: gan, state: state, growth: configuration.growth(of: gan, after: step))
  }
}
