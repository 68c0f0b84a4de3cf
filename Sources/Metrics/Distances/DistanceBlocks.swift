import Collectives
import Tensors

/// The squared distances of all points of one cloud to all of another, in blocks of rows; this rank
/// looks at some of the blocks.
struct DistanceBlocks {
  /// Rows of a block, the same for any number of ranks and threads.
  private static let rowCount = 64
  /// Points of the other cloud that are in memory in double precision at a time.
  private static let columnCount = 256

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

  /// Returns what `body` makes of each of this rank's blocks, in their order, from the numbers of
  /// its points and their distances to all others, `[points, others]`.
  func map<Result>(_ body: (Range<Int>, [Double]) -> Result) -> [Result] {
    concurrentMap(blocks.count) { index in
      let rows = rows(ofBlock: blocks.lowerBound + index)
      return body(rows, distances(from: rows))
    }
  }

  /// Returns what `add` makes of `initial` with this rank's blocks, a few results that are to be
  /// joined: how many, and of which blocks, depends on the number of threads.
  func reduce<Result>(
    _ initial: Result, _ add: (inout Result, Range<Int>, [Double]) -> Void
  ) -> [Result] {
    let partCount = min(blocks.count, 4 * ComputeThreads.count)
    return concurrentMap(partCount) { part in
      var result = initial
      let own = blocks.count * part / partCount..<blocks.count * (part + 1) / partCount
      for index in own {
        let rows = rows(ofBlock: blocks.lowerBound + index)
        add(&result, rows, distances(from: rows))
      }
      return result
    }
  }

  private func rows(ofBlock block: Int) -> Range<Int> {
    block * Self.rowCount..<min((block + 1) * Self.rowCount, points.rows)
  }

  private func distances(from rows: Range<Int>) -> [Double] {
    let own = points.doubles(rows)
    var distances = [Double](repeating: 0, count: rows.count * others.rows)
    distances.withUnsafeMutableBufferPointer { distances in
      for start in stride(from: 0, to: others.rows, by: Self.columnCount) {
        let columns = start..<min(start + Self.columnCount, others.rows)
        let products = product(
          own, others.doubles(columns), transposingSecond: true, rows: rows.count,
          columns: columns.count, inner: points.columns)
        for (row, point) in rows.enumerated() {
          for (column, other) in columns.enumerated() {
            distances[row * others.rows + other] =
              pointSquares[point] + otherSquares[other]
              - 2 * products[row * columns.count + column]
          }
        }
      }
    }
    return distances
  }
}

extension FeatureMatrix {
  fileprivate var squaredLengths: [Double] {
    (0..<rows).map { row in
      values[row * columns..<(row + 1) * columns].reduce(0) { $0 + Double($1) * Double($1) }
    }
  }
}
