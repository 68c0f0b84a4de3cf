import Tensors

/// The features that FID and KID are defined over: the 2048 numbers before the last layer of
/// Inception-v3 (Szegedy et al., 2016), with weights from a file of the user's.
///
/// Two sets of weights are in use, and their figures differ. The one that published figures are
/// made with is Google's of 2015-12-05, as pytorch-fid converts it; its average pooling does not
/// count what lies outside a picture, and its last block pools by the maximum. The other is
/// torchvision's. The last layer tells them apart: it has 1008 classes, or 1000.
public struct InceptionV3: FeatureExtractor {
  /// Whose weights they are.
  public enum Variant: String, Sendable, CaseIterable {
    /// Google's, by pytorch-fid: those of published figures.
    case fid = "Inception-v3, pytorch-fid"
    case torchvision = "Inception-v3, torchvision"

    init?(classCount: Int) {
      switch classCount {
      case 1008: self = .fid
      case 1000: self = .torchvision
      default: return nil
      }
    }
  }

  /// The number of features.
  public static let featureCount = 2048
  /// Pictures are scaled to this side, in pixels.
  private static let inputSize = 299
  /// Pictures that go through at a time: the widest layer takes 6 MB each.
  private static let batch = 4

  public let variant: Variant
  public let weightsDigest: String?
  private let layers: [any InceptionLayer]

  public var name: String { variant.rawValue }
  public var featureCount: Int { Self.featureCount }

  public var distanceNames: (frechet: String, kernel: String) {
    switch variant {
    case .fid: ("FID", "KID")
    // The published figures are of other weights: what these measure is no FID.
    case .torchvision: ("Fréchet distance (\(name))", "kernel distance (\(name))")
    }
  }

  /// Reads the weights.
  /// - Throws: ``FeatureError`` that names the tensor which is missing or of another shape,
  ///   `SafetensorsError` if the file cannot be read.
  public init(contentsOf path: String) throws {
    let weights = try InceptionWeights(contentsOf: path)
    let variant = try weights.variant()
    self.variant = variant
    weightsDigest = try weights.digest()
    let averaging = Pooling.average(countingPadding: variant == .torchvision)
    func a(_ name: String, in channels: Int, pool: Int) throws -> Branches {
      try Branches([
        [weights.conv("\(name).branch1x1", channels, 64, 1)],
        [
          weights.conv("\(name).branch5x5_1", channels, 48, 1),
          weights.conv("\(name).branch5x5_2", 48, 64, 5, padding: 2),
        ],
        [
          weights.conv("\(name).branch3x3dbl_1", channels, 64, 1),
          weights.conv("\(name).branch3x3dbl_2", 64, 96, 3, padding: 1),
          weights.conv("\(name).branch3x3dbl_3", 96, 96, 3, padding: 1),
        ],
        [averaging, weights.conv("\(name).branch_pool", channels, pool, 1)],
      ])
    }
    func c(_ name: String, inner: Int) throws -> Branches {
      try Branches([
        [weights.conv("\(name).branch1x1", 768, 192, 1)],
        [
          weights.conv("\(name).branch7x7_1", 768, inner, 1),
          weights.conv("\(name).branch7x7_2", inner, inner, width: 7),
          weights.conv("\(name).branch7x7_3", inner, 192, height: 7),
        ],
        [
          weights.conv("\(name).branch7x7dbl_1", 768, inner, 1),
          weights.conv("\(name).branch7x7dbl_2", inner, inner, height: 7),
          weights.conv("\(name).branch7x7dbl_3", inner, inner, width: 7),
          weights.conv("\(name).branch7x7dbl_4", inner, inner, height: 7),
          weights.conv("\(name).branch7x7dbl_5", inner, 192, width: 7),
        ],
        [averaging, weights.conv("\(name).branch_pool", 768, 192, 1)],
      ])
    }
    func e(_ name: String, in channels: Int, pooling: Pooling) throws -> Branches {
      try Branches([
        [weights.conv("\(name).branch1x1", channels, 320, 1)],
        [
          weights.conv("\(name).branch3x3_1", channels, 384, 1),
          Branches([
            [weights.conv("\(name).branch3x3_2a", 384, 384, width: 3)],
            [weights.conv("\(name).branch3x3_2b", 384, 384, height: 3)],
          ]),
        ],
        [
          weights.conv("\(name).branch3x3dbl_1", channels, 448, 1),
          weights.conv("\(name).branch3x3dbl_2", 448, 384, 3, padding: 1),
          Branches([
            [weights.conv("\(name).branch3x3dbl_3a", 384, 384, width: 3)],
            [weights.conv("\(name).branch3x3dbl_3b", 384, 384, height: 3)],
          ]),
        ],
        [pooling, weights.conv("\(name).branch_pool", channels, 192, 1)],
      ])
    }
    layers = try [
      weights.conv("Conv2d_1a_3x3", 3, 32, 3, stride: 2),
      weights.conv("Conv2d_2a_3x3", 32, 32, 3),
      weights.conv("Conv2d_2b_3x3", 32, 64, 3, padding: 1),
      Pooling.halvingMaximum,
      weights.conv("Conv2d_3b_1x1", 64, 80, 1),
      weights.conv("Conv2d_4a_3x3", 80, 192, 3),
      Pooling.halvingMaximum,
      a("Mixed_5b", in: 192, pool: 32),
      a("Mixed_5c", in: 256, pool: 64),
      a("Mixed_5d", in: 288, pool: 64),
      Branches([
        [weights.conv("Mixed_6a.branch3x3", 288, 384, 3, stride: 2)],
        [
          weights.conv("Mixed_6a.branch3x3dbl_1", 288, 64, 1),
          weights.conv("Mixed_6a.branch3x3dbl_2", 64, 96, 3, padding: 1),
          weights.conv("Mixed_6a.branch3x3dbl_3", 96, 96, 3, stride: 2),
        ],
        [Pooling.halvingMaximum],
      ]),
      c("Mixed_6b", inner: 128),
      c("Mixed_6c", inner: 160),
      c("Mixed_6d", inner: 160),
      c("Mixed_6e", inner: 192),
      Branches([
        [
          weights.conv("Mixed_7a.branch3x3_1", 768, 192, 1),
          weights.conv("Mixed_7a.branch3x3_2", 192, 320, 3, stride: 2),
        ],
        [
          weights.conv("Mixed_7a.branch7x7x3_1", 768, 192, 1),
          weights.conv("Mixed_7a.branch7x7x3_2", 192, 192, width: 7),
          weights.conv("Mixed_7a.branch7x7x3_3", 192, 192, height: 7),
          weights.conv("Mixed_7a.branch7x7x3_4", 192, 192, 3, stride: 2),
        ],
        [Pooling.halvingMaximum],
      ]),
      e("Mixed_7b", in: 1280, pooling: averaging),
      e("Mixed_7c", in: 2048, pooling: variant == .fid ? .maximum : averaging),
    ]
  }

  public func features(of images: Tensor) -> Tensor {
    .concatenated(
      stride(from: 0, to: images.shape[0], by: Self.batch).map { start in
        let part = images.sliced(start..<min(start + Self.batch, images.shape[0]))
        var x = part.resizedBilinearly(to: Self.inputSize) / 127.5 - 1
        for layer in layers { x = layer(x) }
        return x.mean(alongAxes: 1, 2).reshaped(to: [x.shape[0], Self.featureCount])
      })
  }
}
