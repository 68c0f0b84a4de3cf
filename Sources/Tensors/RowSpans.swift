import CKernels

/// The rows of a matrix in spans that depend on its size alone.
///
/// What is summed up span by span and then added in the order of the spans is the same, to the bit,
/// for any number of threads.
struct RowSpans {
  let rows, width: Int
  /// The number of spans, at least one.
  let count: Int

  /// - Parameter width: the number of elements of a row.
  init(rows: Int, width: Int) {
    (self.rows, self.width) = (rows, width)
    count = max(1, min(rows / 64, 64, rows * width >> 15))
  }

  subscript(span: Int) -> Range<Int> { rows * span / count..<rows * (span + 1) / count }

  /// Calls `body` for each span of each of `matrices`, on all compute threads, with room for
  /// `results` numbers; then calls `join` for each matrix with the room of its spans, one after the
  /// other.
  func forEach(
    ofMatrices matrices: Int, results: Int,
    _ body: (_ matrix: Int, _ span: Int, _ results: UnsafeMutablePointer<Double>) -> Void,
    join: (_ matrix: Int, _ results: UnsafeMutablePointer<Double>) -> Void
  ) {
    let room = UnsafeMutablePointer<Double>.allocate(capacity: matrices * count * results)
    defer { room.deallocate() }
    forEachElementRange(of: matrices * count, width: rows / count * width) { range in
      for index in range { body(index / count, index % count, room + index * results) }
    }
    for matrix in 0..<matrices { join(matrix, room + matrix * count * results) }
  }
}

/// Writes to `out`, `[matrices, width]`, the sums over the rows of `x`, `[matrices, rows, width]`.
func sumRows(
  of x: UnsafePointer<Float>, matrices: Int = 1, rows: Int, width: Int,
  to out: UnsafeMutablePointer<Float>
) {
  let spans = RowSpans(rows: rows, width: width)
  guard spans.count > 1 || matrices > 1 || width < 1 << 10 else {
    // A few long rows: threads share the columns.
    forEachElementRange(of: width, width: rows) { columns in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: columns.count) {
        guard let sums = $0.baseAddress else { return }
        ck_sum_rows(sums, x + columns.lowerBound, rows, width, columns.count)
        ck_round_sums(out + columns.lowerBound, sums, columns.count)
      }
    }
    return
  }
  spans.forEach(ofMatrices: matrices, results: width) { matrix, span, sums in
    let first = matrix * rows + spans[span].lowerBound
    ck_sum_rows(sums, x + first * width, spans[span].count, width, width)
  } join: { matrix, sums in
    for span in 1..<spans.count { ck_add_sums(sums, sums + span * width, width) }
    ck_round_sums(out + matrix * width, sums, width)
  }
}
