import Tensors

/// Features that need no weights from anywhere: the answers of a small network of random filters.
///
/// Four convolutions of kernel 4 and stride 2, each with leaky rectifiers, whose filters follow
/// from a fixed seed; of every layer, the mean answer of each filter over the picture, and its mean
/// square. Random networks are known to rank generators usefully (Naeem et al., 2020, section 5),
/// but their numbers compare with no published FID.
public struct RandomConvolutions: FeatureExtractor {
  public let name = "random convolutions"

  public var distanceNames: (frechet: String, kernel: String) {
    ("Fréchet distance (\(name))", "kernel distance (\(name))")
  }

  private static let channels = [16, 32, 64, 128]
  private static let seed: UInt64 = 20_170_626
  private let filters: [Tensor]

  public var featureCount: Int { 2 * Self.channels.reduce(0, +) }

  public init() {
    let stream = RandomStream(seed: Self.seed, purpose: .randomFilters)
    filters = zip([3] + Self.channels, Self.channels).enumerated().map { layer, channels in
      let inputs = 4 * 4 * channels.0
      let filter = Tensor(shape: [4, 4, channels.0, channels.1]) {
        stream.fillNormal($0, step: UInt64(layer))
      }
      // The scale that keeps the variance of what passes leaky rectifiers (He et al., 2015).
      return filter * (2 / (1.04 * Float(inputs))).squareRoot()
    }
  }

  public func features(of images: Tensor) -> Tensor {
    var x = images / 127.5 - 1
    var features: [Tensor] = []
    for filter in filters {
      x = x.convolved(with: filter, window: .init(kernel: 4, stride: 2, padding: .all(1)))
        .leakyReLU(slope: 0.2)
      features += [x, x.squared()].map {
        $0.mean(alongAxes: 1, 2).reshaped(to: [x.shape[0], x.shape[3]])
      }
    }
    return .concatenated(features, alongAxis: 1)
  }
}
