import Metrics

/// The images that a trained generator makes from the latents of one seed, for metrics.
///
/// Number i is made from the same latent as picture number i of `generate` with that seed.
public struct GeneratedPortraits: ImageSet {
  public let count: Int
  public let imageSize: Int
  private let generator: ImageGenerator
  private let seed: UInt64

  /// Creates a set of `count` images.
  public init(by generator: ImageGenerator, count: Int, seed: UInt64) {
    (self.generator, self.count, self.seed) = (generator, count, seed)
    imageSize = generator.imageSize
  }

  public func pixels(of indices: Range<Int>) -> [UInt8] {
    generator.pictures(from: generator.latents(seed: seed, indices: indices)).flatMap(\.pixels)
  }
}
