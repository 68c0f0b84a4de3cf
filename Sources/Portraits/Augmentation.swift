import Tensors

/// How training images are varied: mirrored, rotated and scaled, each by its own strength.
///
/// What happens to a sample follows from the seed and the sample's absolute position only, so it
/// is the same for any number of ranks and after a resumed run.
public struct Augmentation: Hashable, Sendable {
  /// Whether every second image, on average, is mirrored left to right.
  public let flip: Bool
  /// The largest rotation in degrees; the angle is uniform in -rotation … rotation.
  public let rotation: Double
  /// The largest change of scale; the zoom is uniform in 1 - scaling … 1 + scaling.
  public let scaling: Double

  /// The rotations that are possible, in degrees.
  public static let rotations = 0.0...180.0
  /// The scalings that are possible.
  public static let scalings = 0.0..<1.0

  /// Images as they are.
  public static let none = Augmentation(flip: false, rotation: 0, scaling: 0)

  /// Creates an augmentation of these strengths.
  ///
  /// - Parameters:
  ///   - rotation: The largest rotation in degrees, one of `rotations`.
  ///   - scaling: The largest change of scale, one of `scalings`.
  public init(flip: Bool, rotation: Double, scaling: Double) {
    precondition(Self.rotations.contains(rotation), "There is no rotation by \(rotation) degrees.")
    precondition(Self.scalings.contains(scaling), "There is no scaling by \(scaling).")
    self.flip = flip
    self.rotation = rotation
    self.scaling = scaling
  }

  /// Returns what happens to the sample at the absolute `position` under `seed`.
  ///
  /// Each strength has its own random word: changing one leaves what the others do alone.
  public func variation(seed: UInt64, position: UInt64) -> ImageVariation {
    let words = RandomStream(seed: seed, purpose: .augmentation).words(step: position)
    return ImageVariation(
      isMirrored: flip && words.0 >> 31 == 1,
      rotation: rotation * Self.symmetricUnit(words.1),
      zoom: 1 + scaling * Self.symmetricUnit(words.2))
  }

  /// Returns a number uniform in -1 … 1, both ends included.
  private static func symmetricUnit(_ word: UInt32) -> Double {
    2 * Double(word) / Double(UInt32.max) - 1
  }
}
