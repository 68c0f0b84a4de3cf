import Layers
import Portraits

/// A generative adversarial network: two architectures and the recipe that trains them.
public struct GAN: Sendable {
  /// One of the two networks: its layers and the weights they need.
  public struct Architecture: Sendable {
    public let layout: WeightLayout
    public let body: any Layer

    init(_ build: (inout WeightLayout) -> [any Layer]) {
      var layout = WeightLayout()
      body = Sequential(build(&layout))
      self.layout = layout
    }
  }

  public let name: String
  /// The side length of images, in pixels.
  public let imageSize: Int
  /// The number of elements of a latent, each standard normal.
  public let latentDimension: Int
  /// Maps latents `[batch, latentDimension]` to images `[batch, imageSize, imageSize, 3]`.
  public let generator: Architecture
  /// Maps images to logits `[batch]`: positive for what it takes to be real.
  public let discriminator: Architecture
  public var recipe: Recipe
}

/// What a network architecture cannot be built for.
public struct ArchitectureError: Error, CustomStringConvertible {
  public let description: String
}

/// The sizes that the user may choose for a network.
public struct ArchitectureOptions: Sendable, Hashable, Codable {
  /// The side length of images, in pixels.
  public var imageSize: Int
  /// The number of elements of a latent; nil is the model's own.
  public var latentDimension: Int?
  /// The channels of the features next to the largest picture, from which the others follow.
  public var featureMaps: Int

  public init(imageSize: Int = 64, latentDimension: Int? = nil, featureMaps: Int = 64) {
    self.imageSize = imageSize
    self.latentDimension = latentDimension
    self.featureMaps = featureMaps
  }
}
