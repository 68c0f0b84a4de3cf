import Layers
import Tensors

/// A generator whose pictures double in size as training goes on (Karras et al., 2018).
///
/// Features pass through the blocks of all levels up to that of the pass's ``Growth``, which makes
/// the image of them. While the level fades in, its image is mixed with that of the level before,
/// made as large by repeating pixels. A pass without growth uses all levels.
struct GrowingGenerator: Layer {
  /// What a level adds to the network of the level before.
  struct Level: Sendable {
    /// Turns the features of the level before into those of this one; on the first level, latents.
    let body: any Layer
    /// Makes an image of the level's features.
    let toImage: any Layer
  }

  /// The level of the smallest pictures.
  let firstLevel: Int
  /// From the first on.
  let levels: [Level]

  func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    let stage = pass.growth ?? Growth(level: firstLevel + levels.count - 1)
    let last = stage.level - firstLevel
    let before = levels[..<last].reduce(input) { $1.body($0, in: pass) }
    let image = levels[last].toImage(levels[last].body(before, in: pass), in: pass)
    guard last > 0 else { return image }
    return stage.fadingIn(
      image, over: levels[last - 1].toImage(before, in: pass).upsampled(by: 2))
  }
}
