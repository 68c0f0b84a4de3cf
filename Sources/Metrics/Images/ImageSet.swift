import Portraits
import Tensors

/// Square RGB images of one size that metrics are taken of, made or read on demand.
///
/// An image is a function of its index, so that ranks can divide a set among themselves.
public protocol ImageSet {
  /// The number of images.
  var count: Int { get }
  /// The width and the height of every image, in pixels.
  var imageSize: Int { get }

  /// Returns the bytes of the images at `indices`, each `[imageSize, imageSize, 3]`.
  ///
  /// What a generator makes may depend, in its last bit, on the images that it makes at a time; so
  /// ``ImageShare`` asks for the same ranges whatever the number of ranks.
  func pixels(of indices: Range<Int>) -> [UInt8]
}

/// The images of a data set in a random order, or as many of them as are wanted: a part of a folder
/// in its own order might be all by one painter.
public struct ShuffledPortraits: ImageSet {
  private let source: any PortraitSource
  private let order: ArraySlice<Int>

  public var count: Int { order.count }
  public var imageSize: Int { source.imageSize }

  /// Creates the order that belongs to `seed`.
  /// - Parameter limit: the number of images to keep; nil keeps all.
  public init(_ source: any PortraitSource, seed: UInt64, limit: Int? = nil) {
    self.source = source
    let order = RandomOrder(seed: seed, purpose: .imageOrder).permutation(of: source.count)
    self.order = order.prefix(limit ?? source.count)
  }

  public func pixels(of indices: Range<Int>) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(indices.count * source.bytesPerImage)
    for index in indices {
      source.withPixels(of: order[index]) { pixels.append(contentsOf: $0) }
    }
    return pixels
  }
}

/// Consecutive images of a set, as a set of their own.
public struct PartOfImages: ImageSet {
  private let whole: any ImageSet
  private let range: Range<Int>

  public var count: Int { range.count }
  public var imageSize: Int { whole.imageSize }

  /// Creates a set of the images of `whole` at the indices in `range`.
  public init(_ whole: any ImageSet, _ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= whole.count, "\(range) of \(whole.count)")
    (self.whole, self.range) = (whole, range)
  }

  public func pixels(of indices: Range<Int>) -> [UInt8] {
    whole.pixels(
      of: range.lowerBound + indices.lowerBound..<range.lowerBound + indices.upperBound)
  }
}
