import Collectives
import Tensors

/// The sliced Wasserstein distance of two sets of images, as PGGAN measures it (Karras et al.,
/// 2018, section 5): of 7 × 7 patches at each level of a Laplacian pyramid.
///
/// Fine levels compare texture, the coarsest compares the large shapes and colours. Both sets
/// take their patches at the same places, so that equal sets are at distance 0.
public struct SlicedWasserstein: Codable, Sendable, Equatable {
  /// The distance at one level of the pyramid.
  public struct Level: Codable, Sendable, Equatable {
    /// The side of the level, in pixels.
    public let size: Int
    /// The distance times 1000, as PGGAN reports it.
    public let distance: Double
  }

  /// The levels, the finest first.
  public let levels: [Level]
  /// The number of images of each set.
  public let imageCount: Int

  /// The mean of the levels' distances, times 1000.
  public var average: Double {
    levels.reduce(0) { $0 + $1.distance } / Double(max(1, levels.count))
  }

  /// PGGAN's four times 128 directions.
  public static let directionCount = 512

  /// Measures the distance of two sets of equally many images of one size.
  ///
  /// Every rank calls this, with its own shares of both sets, and gets the same result, which is
  /// the same, to the bit, for any number of ranks and threads.
  /// - Parameters:
  ///   - seed: what patches and directions follow from.
  ///   - progress: called equally often on every rank with the fraction done.
  /// - Throws: `CollectiveError` if the ranks could not be reached, and what `progress` throws.
  public init(
    of first: ImageShare, and second: ImageShare, seed: UInt64,
    over communicator: any Communicator, progress: (Double) throws -> Void = { _ in }
  ) throws {
    precondition(
      first.imageSize == second.imageSize && first.totalCount == second.totalCount,
      "sets of different sizes")
    precondition(first.imageSize >= PatchDescriptors.side, "images smaller than a patch")
    imageCount = first.totalCount
    let sizes = LaplacianPyramid.sizes(of: first.imageSize)
    levels = try sizes.enumerated().map { level, size in
      let descriptors = PatchDescriptors(level: level, ofImageSize: first.imageSize, seed: seed)
      let distances = try LevelDistances(
        first: ProjectedPatches(of: first, descriptors, over: communicator),
        second: ProjectedPatches(of: second, descriptors, over: communicator),
        communicator: communicator)
      let found = try distances.distances(
        alongDirectionsOf: RandomStream(seed: seed, purpose: .directions)
      ) { try progress((Double(level) + $0) / Double(sizes.count)) }
      return Level(size: size, distance: found.reduce(0, +) / Double(found.count) * 1000)
    }
  }
}

/// The one-dimensional distances of two sets of patches.
private struct LevelDistances {
  let first, second: ProjectedPatches
  let communicator: any Communicator

  /// The projections that all ranks together hold at a time, of each set.
  private static let projectionLimit = 1 << 25

  /// Returns the distance along each direction, in the order of the directions.
  func distances(
    alongDirectionsOf stream: RandomStream, progress: (Double) throws -> Void
  ) throws -> [Double] {
    let count = SlicedWasserstein.directionCount
    // A function of the number of images alone, as the last bits of a product may depend on it.
    let block = max(1, min(32, Self.projectionLimit / first.patchCount))
    var distances: [Double] = []
    for start in stride(from: 0, to: count, by: block) {
      let directions = Self.directions(start..<min(start + block, count), of: stream)
      distances += try self.distances(along: directions)
      try progress(Double(distances.count) / Double(count))
    }
    return distances
  }

  /// Returns unit vectors as columns, `[width, numbers]`; direction i is the same whatever
  /// `numbers` it is made with.
  private static func directions(_ numbers: Range<Int>, of stream: RandomStream) -> Tensor {
    let width = PatchDescriptors.width
    let rows = Tensor(shape: [numbers.count, width]) { out in
      for (row, number) in numbers.enumerated() {
        let vector = UnsafeMutableBufferPointer(rebasing: out[row * width..<(row + 1) * width])
        stream.fillNormal(vector, step: 0, sample: UInt32(number))
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        for index in vector.indices { vector[index] = Float(Double(vector[index]) / length) }
      }
    }
    return rows.permuted(1, 0)
  }

  /// Each rank projects its own images onto all directions, and sorts all images' projections onto
  /// its own directions.
  private func distances(along directions: Tensor) throws -> [Double] {
    let count = directions.shape[1]
    let projections = [first, second].map { $0.projections(onto: directions) }
    let owned = try projections.map { try exchanged($0, directions: count) }
    let ownCount = ownDirections(of: count, rank: communicator.rank).count
    var own = [Double](repeating: 0, count: ownCount)
    own.withUnsafeMutableBufferPointer { own in
      forEachRangeConcurrently(of: ownCount) { range in
        var sorter = RadixSort()
        for direction in range {
          own[direction] = Self.distance(
            owned[0].joined(direction), owned[1].joined(direction), sorter: &sorter)
        }
      }
    }
    return try communicator.allGatherInOrder(own)
  }

  private func ownDirections(of count: Int, rank: Int) -> Range<Int> {
    count * rank / communicator.size..<count * (rank + 1) / communicator.size
  }

  /// Sends every rank the projections onto its directions.
  private func exchanged(_ columns: [Float], directions count: Int) throws -> OwnedProjections {
    let points = columns.count / count
    guard communicator.size > 1 else {
      return OwnedProjections(pieces: [columns], points: [points])
    }
    var mine: [[Float]] = []
    for owner in 0..<communicator.size {
      let directions = ownDirections(of: count, rank: owner)
      let gathered = try columns.withUnsafeBytes { bytes in
        let stride = points * MemoryLayout<Float>.stride
        return try communicator.gather(
          UnsafeRawBufferPointer(
            rebasing: bytes[directions.lowerBound * stride..<directions.upperBound * stride]),
          to: owner)
      }
      if let gathered { mine = gathered.map { $0.values() } }
    }
    let ownCount = max(1, ownDirections(of: count, rank: communicator.rank).count)
    return OwnedProjections(pieces: mine, points: mine.map { $0.count / ownCount })
  }

  /// The mean distance of two sets of points on a line: that of the sorted points, which are sorted
  /// where they are.
  private static func distance(
    _ first: consuming [Float], _ second: consuming [Float], sorter: inout RadixSort
  ) -> Double {
    first.withUnsafeMutableBufferPointer { sorter.sort($0) }
    second.withUnsafeMutableBufferPointer { sorter.sort($0) }
    var sum = 0.0
    for index in first.indices { sum += abs(Double(first[index]) - Double(second[index])) }
    return sum / Double(first.count)
  }
}

/// The projections of all ranks' patches onto one rank's directions.
private struct OwnedProjections: Sendable {
  /// What each rank sent: direction after direction.
  let pieces: [[Float]]
  /// Each rank's number of patches.
  let points: [Int]

  /// Returns all projections onto one direction.
  func joined(_ direction: Int) -> [Float] {
    var all: [Float] = []
    all.reserveCapacity(points.reduce(0, +))
    for (piece, points) in zip(pieces, points) {
      all += piece[direction * points..<(direction + 1) * points]
    }
    return all
  }
}
