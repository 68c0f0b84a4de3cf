import Collectives
import Tensors

/// The images of a set that are this rank's to look at, in chunks.
///
/// A set is cut into chunks of ``chunkSize`` images, whatever the number of ranks, and each rank
/// takes consecutive chunks. What is computed a chunk at a time and joined in the order of the
/// chunks is therefore the same, to the bit, for any number of ranks.
public struct ImageShare: Sendable {
  /// The number of images of every chunk but the last.
  public static let chunkSize = 16

  /// The number of images of the whole set.
  public let totalCount: Int
  /// The width and the height of every image, in pixels.
  public let imageSize: Int
  /// The images of this rank, as indices into the whole set.
  public let range: Range<Int>
  /// The number of chunks of the rank that has the most of them: the same on every rank.
  let roundCount: Int
  private let bytes: [UInt8]

  /// Makes or reads this rank's images.
  public init(of set: any ImageSet, rank: Int = 0, ranks: Int = 1) {
    self.init(of: set, rank: rank, ranks: ranks) { _ in }
  }

  /// Makes or reads this rank's images.
  /// - Parameter progress: called equally often on every rank with the fraction done.
  /// - Throws: what `progress` throws.
  public init(
    of set: any ImageSet, rank: Int, ranks: Int, progress: (Double) throws -> Void
  ) rethrows {
    (totalCount, imageSize) = (set.count, set.imageSize)
    let chunks = (totalCount + Self.chunkSize - 1) / Self.chunkSize
    let first = chunks * rank / ranks * Self.chunkSize
    range = first..<max(first, min(totalCount, chunks * (rank + 1) / ranks * Self.chunkSize))
    roundCount = (chunks + ranks - 1) / ranks
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count * imageSize * imageSize * 3)
    for round in 0..<roundCount {
      let start = range.lowerBound + round * Self.chunkSize
      if start < range.upperBound {
        bytes += set.pixels(of: start..<min(start + Self.chunkSize, range.upperBound))
      }
      try progress(Double(round + 1) / Double(roundCount))
    }
    precondition(bytes.count == range.count * imageSize * imageSize * 3, "images are missing")
    self.bytes = bytes
  }

  private init(_ share: ImageShare, totalCount: Int) {
    self.totalCount = totalCount
    imageSize = share.imageSize
    range = share.range.clamped(to: 0..<totalCount)
    roundCount = share.roundCount
    bytes = share.bytes
  }

  /// Returns this rank's share of the set without its last images.
  public func first(_ count: Int) -> ImageShare {
    precondition(count <= totalCount, "\(count) of \(totalCount) images")
    return ImageShare(self, totalCount: count)
  }

  /// The number of this rank's chunks.
  public var chunkCount: Int { (range.count + Self.chunkSize - 1) / Self.chunkSize }

  /// Returns the images of this rank's chunk number `chunk`, as indices into the whole set.
  public func indices(ofChunk chunk: Int) -> Range<Int> {
    let start = range.lowerBound + chunk * Self.chunkSize
    return start..<min(start + Self.chunkSize, range.upperBound)
  }

  /// Calls `body` with the bytes of an image `[imageSize, imageSize, 3]`.
  /// - Parameter index: the image's place in the whole set; it must be one of this rank's.
  public func withPixels<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    precondition(range.contains(index), "image \(index) is another rank's")
    let width = imageSize * imageSize * 3
    let start = (index - range.lowerBound) * width
    return try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[start..<start + width]))
    }
  }
}
