import CKernels

/// How the values of a picture are mixed with those of its other channels and pixels.
public struct ColorMixture: Sendable, Hashable {
  /// The weight of a value itself.
  public var own: Float
  /// The weight of the mean over the channels of its pixel.
  public var grey: Float
  /// The weight of the mean over the whole picture.
  public var mean: Float
  /// What is added to all values.
  public var shift: Float

  public init(own: Float, grey: Float, mean: Float, shift: Float) {
    (self.own, self.grey, self.mean, self.shift) = (own, grey, mean, shift)
  }

  fileprivate var withoutShift: ColorMixture {
    ColorMixture(own: own, grey: grey, mean: mean, shift: 0)
  }
}

extension Tensor {
  /// Returns pictures `[batch, height, width, channels]`, each mixed by its own mixture.
  ///
  /// A value counts in another's mean as much as the other in its own, so but for the shift the
  /// mixture is its own adjoint, and so the gradient.
  public func mixed(by mixtures: [ColorMixture]) -> Tensor {
    precondition(rank == 4 && shape[0] == mixtures.count, "\(mixtures.count) mixtures for \(shape)")
    let (pixels, channels) = (shape[1] * shape[2], shape[3])
    return Tensor(shape: shape) { out in
      forEachElementRange(of: mixtures.count, width: pixels * channels) { range in
        for index in range {
          let (mixture, start) = (mixtures[index], index * pixels * channels)
          ck_mix_colors(
            out.start + start, pointer + start, pixels, channels,
            ck_color_mixture(
              own: mixture.own, grey: mixture.grey, mean: mixture.mean, one: mixture.shift))
        }
      }
    }
    .recorded(from: [self]) { [$0.upstream.mixed(by: mixtures.map(\.withoutShift))] }
  }
}
