import Collectives

/// The squared distances of all points of one cloud to all of another, in blocks of rows; this rank
/// looks at some of the blocks.
struct DistanceBlocks {
  /// Rows of a block, the same for any number of ranks and threads.
  private static let rowCount = 64

  private let points, others: FeatureMatrix
  private let pointSquares, otherSquares: [Double]
  private let blocks: Range<Int>

  init(from points: FeatureMatrix, to others: FeatureMatrix, over communicator: any Communicator) {
    precondition(points.columns == others.columns, "other features")
    (self.points, self.others) = (points, others)
    (pointSquares, otherSquares) = (points.squaredLengths, others.squaredLengths)
    let count = (points.rows + Self.rowCount - 1) / Self.rowCount
    let (rank, size) = (communicator.rank, communicator.size)
    blocks = count * rank / size..<count * (rank + 1) / size
  }

  /// Returns what `body` makes of each of this rank's blocks, in their order, from the numbers of its
  /// points and their distances to all others, `[points, others]`.
  func map<Result>(_ body: (Range<Int>, [Double]) -> Result) -> [Result] {
    concurrentMap(blocks.count) { index in
      let first = (blocks.lowerBound + index) * Self.rowCount
      let rows = first..<min(first + Self.rowCount, points.rows)
      var distances = product(
        Array(points.values[rows.lowerBound * points.columns..<rows.upperBound * points.columns]),
        others.values, transposingSecond: true, rows: rows.count, columns: others.rows,
        inner: points.columns)
      distances.withUnsafeMutableBufferPointer { distances in
        for (row, point) in rows.enumerated() {
          for other in 0..<others.rows {
            let index = row * others.rows + other
            distances[index] = pointSquares[point] + otherSquares[other] - 2 * distances[index]
          }
        }
      }
      return body(rows, distances)
    }
  }
}

extension FeatureMatrix {
  fileprivate var squaredLengths: [Double] {
    (0..<rows).map { row in
      values[row * columns..<(row + 1) * columns].reduce(0) { $0 + $1 * $1 }
    }
  }
}
