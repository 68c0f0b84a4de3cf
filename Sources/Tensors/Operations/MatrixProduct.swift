import COpenBLAS

extension Tensor {
  /// Returns the matrix product of the last two dimensions, `[…, m, k]` with `[…, k, n]`.
  ///
  /// Both operands are matrices, or both are batches of equally many.
  public func matrixProduct(_ other: Tensor) -> Tensor {
    product(other, transposingFirst: false, transposingSecond: false)
  }

  /// Returns the product with either matrix transposed, without a transposed copy.
  func product(
    _ other: Tensor, transposingFirst transposeA: Bool, transposingSecond transposeB: Bool
  ) -> Tensor {
    let batch = shape.dropLast(2)
    precondition(
      rank >= 2 && batch == other.shape.dropLast(2), "no matrices in \(shape) and \(other.shape)")
    let (rowsA, columnsA) = (shape[rank - 2], shape[rank - 1])
    let (rowsB, columnsB) = (other.shape[rank - 2], other.shape[rank - 1])
    let (m, k) = transposeA ? (columnsA, rowsA) : (rowsA, columnsA)
    let (kB, n) = transposeB ? (columnsB, rowsB) : (rowsB, columnsB)
    precondition(k == kB, "inner dimensions \(k) and \(kB) differ")

    return Tensor(shape: batch + [m, n]) { out in
      guard let c = out.baseAddress else { return }
      // Threads share the matrices of a batch, or else the parts of a single product.
      forEachRangeConcurrently(of: batch.reduce(1, *)) { range in
        for index in range {
          multiply(
            pointer + index * m * k, by: other.pointer + index * k * n, into: c + index * m * n,
            m: m, n: n, k: k, transposingFirst: transposeA, transposingSecond: transposeB)
        }
      }
    }
    .recorded(from: [self, other], keeping: .factors(self, other)) { pass in
      // C = AB: Ā = C̄Bᵀ and B̄ = AᵀC̄, with each transposition carried through.
      let g = pass.upstream
      return [
        !pass.needs[0]
          ? nil
          : transposeA
            ? pass.input(1).product(g, transposingFirst: transposeB, transposingSecond: true)
            : g.product(pass.input(1), transposingFirst: false, transposingSecond: !transposeB),
        !pass.needs[1]
          ? nil
          : transposeB
            ? g.product(pass.input(0), transposingFirst: true, transposingSecond: transposeA)
            : pass.input(0).product(g, transposingFirst: !transposeA, transposingSecond: false),
      ]
    }
  }
}

/// Computes C = A·B for dense row-major matrices.
///
/// A is m × k and B is k × n after the transpositions. The parts that threads compute are the same
/// for any number of threads, and so is the result.
func multiply(
  _ a: UnsafePointer<Float>, by b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>,
  m: Int, n: Int, k: Int, transposingFirst transposeA: Bool = false,
  transposingSecond transposeB: Bool = false
) {
  _ = LinearAlgebraLibrary.runsOnCallingThread
  let span = 1 << 12
  if m * n <= 1 << 14 && k >= 2 * span {
    // A small sum of many products, such as the weight gradient of a 1 × 1 convolution: in spans of
    // them, which are added at last.
    let spans = k / span
    withScratch(spans * m * n) { sums in
      forEachRangeConcurrently(of: spans) { range in
        for index in range {
          let (first, end) = (k * index / spans, k * (index + 1) / spans)
          cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
            transposeB ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(end - first), 1,
            a + first * (transposeA ? m : 1), blasint(max(1, transposeA ? m : k)),
            b + first * (transposeB ? 1 : n), blasint(max(1, transposeB ? k : n)), 0,
            sums + index * m * n, blasint(n))
        }
      }
      sumRows(of: sums, rows: spans, width: m * n, to: c)
    }
    return
  }
  let part = 256
  let splitsRows = m >= n
  let parts = ((splitsRows ? m : n) + part - 1) / part
  forEachRangeConcurrently(of: parts) { range in
    for index in range {
      let first = index * part
      let rows = splitsRows ? min(part, m - first) : m
      let columns = splitsRows ? n : min(part, n - first)
      cblas_sgemm(
        CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans, blasint(rows), blasint(columns), blasint(k), 1,
        splitsRows ? a + first * (transposeA ? 1 : k) : a, blasint(max(1, transposeA ? m : k)),
        splitsRows ? b : b + first * (transposeB ? k : 1), blasint(max(1, transposeB ? k : n)), 0,
        splitsRows ? c + first * n : c + first, blasint(n))
    }
  }
}
