import Tensors

/// How far networks that grow in training have grown (Karras et al., 2018).
public struct Growth: Sendable, Hashable {
  /// The number of times that pictures of 4 × 4 pixels have been doubled in size: at level l they
  /// have 4·2ˡ pixels a side.
  public var level: Int
  /// The share of the level's own layers in the result, from 0 to 1; the rest is that of the
  /// network of the level before.
  public var fade: Float

  public init(level: Int, fade: Float = 1) {
    (self.level, self.fade) = (level, fade)
  }

  /// The side length of pictures, in pixels.
  public var imageSize: Int { 4 << level }

  /// Returns real pictures as the networks see them at this stage: averaged down to their size and,
  /// while a level fades in, as much blurred as the networks' own (Karras et al., 2018).
  /// - Parameter pictures: `[batch, height, width, channels]`, larger by a power of two.
  public func scaledDown(_ pictures: Tensor) -> Tensor {
    let scaled = resized(pictures)
    return fadingIn(scaled, over: scaled.averagePooled(by: 2).upsampled(by: 2))
  }

  /// Returns `own`, what the level's own layers make, as far as it has faded in over `former`, what
  /// the network of the level before makes.
  public func fadingIn(_ own: Tensor, over former: @autoclosure () -> Tensor) -> Tensor {
    guard fade < 1 else { return own }
    let former = former()
    return former + fade * (own - former)
  }

  private func resized(_ pictures: Tensor) -> Tensor {
    let factor = pictures.shape[1] / imageSize
    return factor == 1 ? pictures : pictures.averagePooled(by: factor)
  }
}
