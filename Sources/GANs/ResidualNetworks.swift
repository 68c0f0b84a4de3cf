import Layers
import Tensors

/// The residual networks of `sngan-resnet` and `sagan` (Miyato et al., 2018; Zhang et al., 2019):
/// blocks of two 3 × 3 convolutions that double or halve the picture, with spectral normalisation
/// in the discriminator.
struct ResidualNetworks {
  let model: ModelName
  let imageSize: Int
  let latentDimension: Int
  /// The channels of the largest picture's features.
  let featureMaps: Int
  /// What the generator's weights are multiplied by.
  var generatorScaling = WeightScaling.none
  /// The side length of the features with self-attention in both networks; nil for none.
  var attentionSide: Int?

  func gan(recipe: GAN.Recipe) -> GAN {
    GAN(
      name: model.rawValue, imageSize: imageSize, latentDimension: latentDimension,
      generator: generator, discriminator: discriminator, recipe: recipe)
  }

  /// The channels by the side length of features, 1024 at the most with 64 feature maps.
  private func width(_ side: Int) -> Int { min(16, imageSize / side) * featureMaps }

  private var generator: GAN.Architecture {
    .init { layout in
      let scaling = generatorScaling
      var (side, channels) = (4, width(4))
      let features = side * side * channels
      var layers: [any Layer] = [
        Dense(
          "l1", from: latentDimension, to: features, scaling: scaling,
          initializer: .glorotUniform(fanIn: latentDimension, fanOut: features), in: &layout),
        Reshape(to: [side, side, channels]),
      ]
      while side < imageSize {
        side *= 2
        layers.append(
          UpsamplingBlock(
            "blocks.\(side)", from: channels, to: width(side), normalization: Self.normalization,
            scaling: scaling, in: &layout))
        channels = width(side)
        appendAttention(at: side, channels, scaling, to: &layers, in: &layout)
      }
      layers += [
        Self.normalization.rectified("norm", channels: channels, in: &layout),
        Convolution(
          "output", from: channels, to: 3, window: .sameSize, hasBias: true, scaling: scaling,
          initializer: .glorotUniform(fanIn: 9 * channels, fanOut: 9 * 3), in: &layout),
        Tanh(),
      ]
      return layers
    }
  }

  private var discriminator: GAN.Architecture {
    .init { layout in
      let scaling = WeightScaling.spectral
      var layers: [any Layer] = []
      var (side, channels) = (imageSize, 3)
      while side > 2 {
        let outputs = width(side)
        side /= 2
        layers.append(
          DownsamplingBlock(
            "blocks.\(side)", from: channels, to: outputs, isFirst: channels == 3,
            normalization: .none, scaling: scaling, in: &layout))
        channels = outputs
        appendAttention(at: side, channels, scaling, to: &layers, in: &layout)
      }
      layers += [
        LeakyReLU(slope: 0),
        GlobalSumPooling(),
        Dense(
          "head", from: channels, to: 1, scaling: scaling,
          initializer: .glorotUniform(fanIn: channels, fanOut: 1), in: &layout),
        Reshape(to: []),
      ]
      return layers
    }
  }

  private func appendAttention(
    at side: Int, _ channels: Int, _ scaling: WeightScaling, to layers: inout [any Layer],
    in layout: inout WeightLayout
  ) {
    guard side == attentionSide else { return }
    layers.append(SelfAttention("attention", channels: channels, scaling: scaling, in: &layout))
  }

  private static let normalization = BlockNormalization.batch(epsilon: 1e-5, average: .pyTorch)
}
