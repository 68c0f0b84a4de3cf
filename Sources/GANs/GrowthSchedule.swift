import Layers

/// When networks that grow get their next level: a function of the number of real images seen by
/// all ranks together, and so the same on every rank and after a resumption.
///
/// The first level is trained by itself; each next one is faded in and then trained by itself, the
/// last to the end (Karras et al., 2018).
public struct GrowthSchedule: Sendable, Hashable {
  public var startLevel: Int
  public var finalLevel: Int
  /// The number of images for which a level is trained by itself.
  public var stableImages: Int
  /// The number of images over which a level is faded in.
  public var fadeImages: Int

  public init(startLevel: Int = 0, finalLevel: Int, stableImages: Int, fadeImages: Int) {
    precondition(startLevel <= finalLevel, "networks do not shrink")
    precondition(stableImages >= 0 && fadeImages > 0, "a phase takes images")
    (self.startLevel, self.finalLevel) = (startLevel, finalLevel)
    (self.stableImages, self.fadeImages) = (stableImages, fadeImages)
  }

  /// The number of images after which the last level has faded in.
  public var imagesToGrowUp: Int { (finalLevel - startLevel) * (stableImages + fadeImages) }

  /// The share of a short run in which networks do best to grow up: of an eighth, a quarter and
  /// half, by what was measured of `portrait`.
  public static let shareOfRun = 1.0 / 8

  /// Returns the length of a phase with which networks have grown up in ``shareOfRun`` of a run of
  /// `images`: each level but the first fades in, and each but the last is trained by itself
  /// before.
  public func phaseImages(inRunOf images: Int) -> Int {
    let phases = 2 * max(1, finalLevel - startLevel)
    return max(1, Int((Double(images) * Self.shareOfRun / Double(phases)).rounded()))
  }

  /// Returns how far the networks have grown when `imagesSeen` real images have been seen.
  public func growth(imagesSeen: Int) -> Growth {
    guard imagesSeen >= stableImages else { return Growth(level: startLevel) }
    let (levels, images) = (imagesSeen - stableImages)
      .quotientAndRemainder(dividingBy: fadeImages + stableImages)
    let level = startLevel + 1 + levels
    guard level <= finalLevel else { return Growth(level: finalLevel) }
    return Growth(level: level, fade: min(1, Float(images) / Float(fadeImages)))
  }
}
