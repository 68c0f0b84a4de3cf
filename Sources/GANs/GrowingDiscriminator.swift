import Layers
import Tensors

/// A discriminator that takes pictures of growing size: the mirror image of ``GrowingGenerator``.
///
/// The level of the pass's ``Growth`` makes features of the image, which then pass through the
/// blocks of all levels down to the first, whose block makes logits. While the level fades in, what
/// it hands down is mixed with what the level before makes of the image at half the size.
struct GrowingDiscriminator: Layer {
  /// What a level adds to the network of the level before.
  struct Level: Sendable {
    /// Makes features of an image of the level's size.
    let fromImage: any Layer
    /// Turns the level's features into those of the level before; on the first level, into logits.
    let body: any Layer
  }

  /// The level of the smallest pictures.
  let firstLevel: Int
  /// From the first on.
  let levels: [Level]

  func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    let stage = pass.growth ?? Growth(level: firstLevel + levels.count - 1)
    let last = stage.level - firstLevel
    var features = levels[last].body(levels[last].fromImage(input, in: pass), in: pass)
    if last > 0 {
      features = stage.fadingIn(
        features, over: levels[last - 1].fromImage(input.averagePooled(by: 2), in: pass))
    }
    return levels[..<last].reversed().reduce(features) { $1.body($0, in: pass) }
  }
}
