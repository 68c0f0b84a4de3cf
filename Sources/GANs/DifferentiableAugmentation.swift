import Layers
import Tensors

/// Random changes to everything that the discriminator sees, real or generated, in the steps of
/// both networks (Zhao et al., 2020, "Differentiable Augmentation for Data-Efficient GAN
/// Training").
///
/// A discriminator that never sees a picture twice alike cannot learn a small data set by heart,
/// and since gradients pass through the changes, the generator does not learn to make changed
/// pictures. Every image has changes of its own, which follow from its place in the global batch.
public struct DifferentiableAugmentation: Sendable, Hashable, Codable, CustomStringConvertible {
  /// One kind of change.
  public enum Change: String, Sendable, CaseIterable, Codable {
    /// Brightness, saturation and contrast.
    case color
    /// A move by up to an eighth of the side; what comes in is zero.
    case translation
    /// A square of zeros, of half the side, around a point of the picture.
    case cutout
  }

  public let changes: Set<Change>

  public init(_ changes: Set<Change> = Set(Change.allCases)) {
    self.changes = changes
  }

  /// Images as they are.
  public static let none = DifferentiableAugmentation([])

  /// Reads names of changes with commas between them, or "none".
  public init?(_ text: String) {
    let names = text == "none" ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
    let known = names.compactMap { Change(rawValue: String($0)) }
    guard known.count == names.count else { return nil }
    changes = Set(known)
  }

  public var description: String {
    let names = Change.allCases.filter(changes.contains).map(\.rawValue)
    return names.isEmpty ? "none" : names.joined(separator: ",")
  }

  /// Returns changed images.
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]`, of values around zero.
  ///   - probability: of each change of each image.
  public func callAsFunction(
    _ images: Tensor, noise: SampleNoise, probability: Float = 1
  ) -> Tensor {
    guard probability > 0 else { return images }
    func isChanged(_ source: UInt8) -> [Bool] {
      noise.uniform(.differentiableAugmentation, source: source, shape: [1]).scalars
        .map { $0 < probability }
    }
    var result = images
    if changes.contains(.color) { result = colored(result, where: isChanged(4), noise) }
    if changes.contains(.translation) { result = translated(result, where: isChanged(5), noise) }
    if changes.contains(.cutout) { result = cutOut(result, where: isChanged(6), noise) }
    return result
  }

  /// Adds b in ±½ to all values, scales their distance from the pixel's grey by s in 0…2, and that
  /// from the picture's mean by c in ½…3⁄2.
  ///
  /// The grey of a pixel is the mean of its channels, which b moves alike, and which s leaves.
  /// Taken together, x becomes c·s·x + c·(1 − s)·grey(x) + (1 − c)·mean(x) + b.
  private func colored(_ images: Tensor, where isChanged: [Bool], _ noise: SampleNoise) -> Tensor {
    let draws = noise.uniform(.differentiableAugmentation, source: 0, shape: [3]).scalars
    return images.mixed(
      by: isChanged.enumerated().map { index, isChanged in
        guard isChanged else { return ColorMixture(own: 1, grey: 0, mean: 0, shift: 0) }
        let draw = draws[3 * index..<3 * index + 3].map(\.self)
        let (b, s, c) = (draw[0] - 0.5, draw[1] * 2, draw[2] + 0.5)
        return ColorMixture(own: c * s, grey: c * (1 - s), mean: 1 - c, shift: b)
      })
  }

  private func translated(
    _ images: Tensor, where isChanged: [Bool], _ noise: SampleNoise
  ) -> Tensor {
    let reach = Int(Float(images.shape[1]) / 8 + 0.5)
    return images.translated(
      by: zip(isChanged, positions(in: -reach...reach, noise, source: 1)).map {
        $0 ? PixelOffset(down: $1.row, right: $1.column) : PixelOffset(down: 0, right: 0)
      })
  }

  private func cutOut(_ images: Tensor, where isChanged: [Bool], _ noise: SampleNoise) -> Tensor {
    let side = images.shape[1]
    let hole = side / 2
    let centers = positions(in: 0...side - hole % 2, noise, source: 2)
    let mask = Tensor(shape: [centers.count, side, side, 1]) { mask in
      mask.update(repeating: 1)
      for (index, center) in centers.enumerated() where isChanged[index] {
        let columns = (center.column - hole / 2..<center.column - hole / 2 + hole)
          .clamped(to: 0..<side)
        for row in (center.row - hole / 2..<center.row - hole / 2 + hole).clamped(to: 0..<side) {
          let start = (index * side + row) * side
          mask[start + columns.lowerBound..<start + columns.upperBound].update(repeating: 0)
        }
      }
    }
    return images * mask
  }

  /// Returns a row and a column for each sample, each of the numbers in `range` equally often.
  private func positions(
    in range: ClosedRange<Int>, _ noise: SampleNoise, source: UInt8
  ) -> [(row: Int, column: Int)] {
    let draws = noise.uniform(.differentiableAugmentation, source: source, shape: [2]).scalars
    let whole = draws.map { range.lowerBound + min(Int($0 * Float(range.count)), range.count - 1) }
    return stride(from: 0, to: whole.count, by: 2).map { (whole[$0], whole[$0 + 1]) }
  }
}
