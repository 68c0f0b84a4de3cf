/// The rows of a matrix in spans that depend on its size alone.
///
/// What is summed up span by span and then added in the order of the spans is the same, to the bit,
/// for any number of threads.
package struct RowSpans {
  let rows, width: Int
  /// The number of spans, at least one.
  package let count: Int

  /// - Parameter width: the number of elements of a row.
  package init(rows: Int, width: Int) {
    (self.rows, self.width) = (rows, width)
    count = max(1, min(rows / 64, 64, (rows * width) >> 15))
  }

  package subscript(span: Int) -> Range<Int> { rows * span / count..<rows * (span + 1) / count }

  /// Calls `body` for each span of each of `matrices`, on all compute threads, with room for
  /// `results` numbers; then calls `join` for each matrix with the room of its spans, one after the
  /// other.
  func forEach(
    ofMatrices matrices: Int, results: Int,
    _ body: (_ matrix: Int, _ span: Int, _ results: UnsafeMutablePointer<Double>) -> Void,
    join: (_ matrix: Int, _ results: UnsafeMutablePointer<Double>) -> Void
  ) {
    let numbers = matrices * count * results
    withScratch(numbers * MemoryLayout<Double>.stride / MemoryLayout<Float>.stride) {
      $0.withMemoryRebound(to: Double.self, capacity: numbers) { room in
        forEachElementRange(of: matrices * count, width: rows / count * width) { range in
          for index in range { body(index / count, index % count, room + index * results) }
        }
        for matrix in 0..<matrices { join(matrix, room + matrix * count * results) }
      }
    }
  }
}
