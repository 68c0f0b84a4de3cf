import GANs
import Layers
import Pictures
import Portraits
import Tensors

/// Makes pictures with a trained generator.
public struct ImageGenerator: Sendable {
  private let gan: GAN
  package let state: NetworkState
  private let growth: Growth?
  /// How many pictures are made at a time, which bounds the memory needed.
  private static let batch = 16

  /// The width and the height of the pictures, in pixels.
  public var imageSize: Int { gan.imageSize }

  /// Creates a generator of `gan` with the weights in `state`.
  /// - Parameter growth: how far a network that grows has grown; nil for one that does not.
  public init(gan: GAN, state: NetworkState, growth: Growth? = nil) {
    (self.gan, self.state, self.growth) = (gan, state, growth)
  }

  /// How far a network that grows has come, if it has not grown up; nil otherwise.
  public var unfinishedGrowth: String? {
    guard let growth, let plan = gan.recipe.growth, growth != Growth(level: plan.finalLevel) else {
      return nil
    }
    let fade = growth.fade < 1 ? ", faded in by \(Int(growth.fade * 100)) %" : ""
    return "not grown up: \(growth.imageSize) of \(imageSize) pixels\(fade)"
  }

  /// Returns latents that follow from `seed` alone: number i is the same however many are asked
  /// for.
  /// - Returns: standard normal numbers, `[indices, latentDimension]`.
  public func latents(seed: UInt64, indices: Range<Int>) -> Tensor {
    SampleNoise(seed: seed, step: 0, phase: 0, samples: indices.map(UInt32.init))
      .normal(.sampleGrid, shape: [gan.latentDimension])
  }

  /// Returns images `[count, size, size, 3]` for latents `[count, latentDimension]`, in the
  /// model's range of pixel values. Those of a network that has not grown up yet are enlarged.
  public func images(from latents: Tensor) -> Tensor {
    let pass = ForwardPass(inferenceWith: state, growth: growth)
    let images = gan.generator.body(latents, in: pass)
    let factor = gan.imageSize / images.shape[1]
    return factor > 1 ? images.upsampled(by: factor) : images
  }

  /// Returns a picture for each of `latents`, `[count, latentDimension]`.
  public func pictures(from latents: Tensor) -> [Picture] {
    let count = latents.shape[0]
    return stride(from: 0, to: count, by: Self.batch).flatMap { start in
      images(from: latents.sliced(start..<min(start + Self.batch, count)))
        .pictures(in: gan.recipe.pixelRange)
    }
  }
}

extension Tensor {
  /// Returns the images of a batch `[count, size, size, 3]` as pictures.
  func pictures(in range: PixelRange) -> [Picture] {
    let (height, width) = (shape[1], shape[2])
    let pixelCount = height * width * 3
    return withScalars { scalars in
      (0..<shape[0]).map { index in
        Picture(
          width: width, height: height,
          pixels: scalars[index * pixelCount..<(index + 1) * pixelCount].map(range.byte(of:)))
      }
    }
  }
}
