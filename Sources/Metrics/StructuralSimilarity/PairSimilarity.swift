import Collectives
import Tensors

/// How much the images of one set resemble each other: the mean multi-scale structural similarity
/// of pairs of them.
///
/// High values say that a generator makes the same picture again and again (Odena et al., 2017);
/// they are to be compared with the value of the data.
public struct PairSimilarity: Codable, Sendable, Equatable {
  /// The mean over all pairs.
  public let mean: Double
  /// The standard error of the mean, from the means of groups of images that share no image; nil
  /// for a single group.
  public let standardError: Double?
  /// The number of pairs.
  public let pairCount: Int
  /// The number of images that the pairs are taken of.
  public let imageCount: Int

  /// Each image is paired with as many of those that follow it in its chunk.
  private static let reach = 4

  /// Compares images of a set that are in random order with each other: three or four pairs an
  /// image.
  ///
  /// Every rank calls this, with its own share, and gets the same result, which is the same, to the
  /// bit, for any number of ranks and threads.
  /// - Parameter progress: called equally often on every rank with the fraction done.
  /// - Throws: `CollectiveError` if the ranks could not be reached, and what `progress` throws.
  public init(
    of share: ImageShare, over communicator: any Communicator,
    progress: (Double) throws -> Void = { _ in }
  ) throws {
    let similarity = MultiScaleSSIM(imageSize: share.imageSize)
    var own: [ChunkSum] = []
    // In parts, so that there is progress to report.
    for start in stride(from: 0, to: share.roundCount, by: 16) {
      let end = min(start + 16, share.roundCount)
      own += concurrentMap(max(0, min(end, share.chunkCount) - start)) {
        ChunkSum(of: share, images: share.indices(ofChunk: start + $0), similarity)
      }
      try progress(Double(end) / Double(share.roundCount))
    }
    let chunks = try communicator.allGatherInOrder(own).filter { $0.pairs > 0 }
    let pairs = chunks.reduce(0) { $0 + $1.pairs }
    let mean = chunks.reduce(0) { $0 + $1.sum } / Double(max(1, pairs))
    self.mean = mean
    pairCount = pairs
    imageCount = share.totalCount
    let spread = chunks.reduce(0) {
      let deviation = $1.sum - mean * Double($1.pairs)
      return $0 + deviation * deviation
    }
    let groups = Double(chunks.count)
    standardError =
      groups > 1 ? (spread * groups / (groups - 1)).squareRoot() / Double(pairs) : nil
  }

  private struct ChunkSum: BitwiseCopyable {
    var sum = 0.0
    var pairs = 0

    init(of share: ImageShare, images: Range<Int>, _ similarity: MultiScaleSSIM) {
      for first in images {
        for second in first + 1..<max(first + 1, min(first + 1 + reach, images.upperBound)) {
          sum += share.withPixels(of: first) { first in
            share.withPixels(of: second) { similarity(first, $0) }
          }
          pairs += 1
        }
      }
    }
  }
}
