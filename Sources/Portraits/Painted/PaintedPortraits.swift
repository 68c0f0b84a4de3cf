import Dispatch
import Pictures
import Tensors

/// Portraits that the program paints itself, by several painters who are easy to tell apart.
///
/// They are what training uses without a folder of images, and what tests use where they need
/// labelled pictures. A portrait depends on seed, index and size only: it is the same in a larger
/// collection, on another thread and in another run.
public struct PaintedPortraits: Sendable {
  private static let easels: [any PaintedPainter] = [
    PaintedTenebrist(), PaintedImpressionist(), PaintedFauvist(), PaintedPointillist(),
    PaintedCubist(), PaintedWoodblock(), PaintedEngraver(), PaintedIcon(),
  ]

  /// The names of the painters; a label is an index into them.
  public static let painters = easels.map(\.name)

  /// The number of portraits.
  public let count: Int
  /// The width and the height of a portrait, in pixels.
  public let imageSize: Int
  private let stream: RandomStream

  /// Creates the collection of `count` portraits of `imageSize` pixels squared under `seed`.
  ///
  /// Nothing is painted yet.
  public init(seed: UInt64, count: Int, imageSize: Int) {
    precondition(count > 0, "A collection has at least one portrait.")
    precondition((8...1_024).contains(imageSize), "A portrait is 8 to 1024 pixels wide.")
    self.count = count
    self.imageSize = imageSize
    stream = RandomStream(seed: seed, purpose: .painting)
  }

  /// Returns the painter of the portrait at `index`, an index into ``painters``.
  public func label(of index: Int) -> Int { index % Self.easels.count }

  /// Paints the portrait at `index`.
  public func portrait(at index: Int) -> Picture {
    precondition((0..<count).contains(index), "There is no portrait \(index) of \(count).")
    let painter = Self.easels[label(of: index)]
    var chance = PaintedDice(stream: stream, index: index, concern: .sitter)
    let sitter = PaintedSitter(dice: &chance, manner: painter.manner)
    // Painted larger and reduced, so that strokes and edges are smooth.
    let size = max(imageSize * 2, min(imageSize * 4, 128))
    let study = PaintedStudy(of: sitter, size: size)
    var dice = PaintedDice(stream: stream, index: index, concern: .painter)
    return painter.paint(study, dice: &dice).picture(side: imageSize)
  }

  /// Paints all portraits, on all cores, and returns them with their painters as labels.
  public func painted() -> InMemoryPortraits {
    collection(ofPixels: pixels(of: 0..<count))
  }

  /// Paints the portraits at `indices`, on all cores.
  /// - Returns: `[indices.count, imageSize, imageSize, 3]` bytes.
  public func pixels(of indices: Range<Int>) -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: indices.count * imageSize * imageSize * 3)
    pixels.withUnsafeMutableBufferPointer { pixels in
      let target = PaintedWall(pixels: pixels)
      DispatchQueue.concurrentPerform(iterations: indices.count) { place in
        target.hang(portrait(at: indices.lowerBound + place), at: place)
      }
    }
    return pixels
  }

  /// Returns the whole collection, given the pixels of all portraits in their order.
  public func collection(ofPixels pixels: [UInt8]) -> InMemoryPortraits {
    InMemoryPortraits(
      imageSize: imageSize, pixels: pixels, imageLabels: (0..<count).map(label),
      labels: Self.painters)
  }
}

/// Where finished portraits go, each to its own place, so that threads do not meet.
private struct PaintedWall: @unchecked Sendable {
  let pixels: UnsafeMutableBufferPointer<UInt8>

  func hang(_ portrait: Picture, at index: Int) {
    let start = index * portrait.pixels.count
    for (offset, byte) in portrait.pixels.enumerated() { pixels[start + offset] = byte }
  }
}
