import COpenBLAS
import Tensors

/// A symmetric matrix of float64 numbers, such as a covariance.
struct SymmetricMatrix {
  let order: Int
  /// All elements, row after row.
  var values: [Double]

  var trace: Double { (0..<order).reduce(0) { $0 + values[$1 * order + $1] } }

  /// Returns the eigenvalues in ascending order.
  func eigenvalues() -> [Double] { decomposed(vectors: false).values }

  /// Returns the symmetric matrix whose square this one is; eigenvalues that rounding has made
  /// negative count as 0.
  func squareRoot() -> SymmetricMatrix {
    let (eigenvalues, vectors) = decomposed(vectors: true)
    // With vectors as rows v, the root is the sum of √λ vᵀv.
    var scaled = vectors
    for row in 0..<order {
      let root = max(0, eigenvalues[row]).squareRoot()
      for column in 0..<order { scaled[row * order + column] *= root }
    }
    return SymmetricMatrix(
      order: order,
      values: product(
        scaled, transposingFirst: true, vectors, rows: order, columns: order, inner: order))
  }

  /// Returns the product of `other`, this matrix and `other`, which is symmetric again.
  func between(_ other: SymmetricMatrix) -> SymmetricMatrix {
    let half = product(other.values, values, rows: order, columns: order, inner: order)
    return SymmetricMatrix(
      order: order,
      values: product(half, other.values, rows: order, columns: order, inner: order))
  }

  /// - Returns: the eigenvalues in ascending order, and the eigenvectors as rows if they are
  ///   wanted.
  private func decomposed(vectors: Bool) -> (values: [Double], vectors: [Double]) {
    _ = LinearAlgebraLibrary.runsOnCallingThread
    var matrix = values
    var eigenvalues = [Double](repeating: 0, count: order)
    var (work, integers) = ([0.0], [blasint(0)])
    var code = blasint(0)
    // The first call asks how much room the second needs.
    for (workSize, integersSize) in [(-1, -1), (0, 0)] {
      if workSize == 0 {
        work = [Double](repeating: 0, count: Int(work[0]))
        integers = [blasint](repeating: 0, count: Int(integers[0]))
      }
      var size = blasint(order)
      var (workCount, integersCount) = (
        workSize < 0 ? -1 : blasint(work.count), integersSize < 0 ? -1 : blasint(integers.count)
      )
      dsyevd_(
        vectors ? "V" : "N", "U", &size, &matrix, &size, &eigenvalues, &work, &workCount,
        &integers, &integersCount, &code, 1, 1)
      precondition(code == 0, "dsyevd answered \(code): finite matrices have eigenvalues")
    }
    return (eigenvalues, matrix)
  }
}

/// Returns the product of two float64 matrices, computed on all compute threads; the result does
/// not depend on their number.
///
/// - Parameters:
///   - a: `[rows, inner]`, or `[inner, rows]` if it is to be transposed.
///   - b: `[inner, columns]`, or `[columns, inner]` if it is to be transposed.
func product(
  _ a: [Double], transposingFirst: Bool = false, _ b: [Double], transposingSecond: Bool = false,
  rows: Int, columns: Int, inner: Int
) -> [Double] {
  precondition(a.count == rows * inner && b.count == columns * inner, "no matrices of these sizes")
  _ = LinearAlgebraLibrary.runsOnCallingThread
  let part = 128
  return [Double](unsafeUninitializedCapacity: rows * columns) { out, initializedCount in
    out.initialize(repeating: 0)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        guard let out = out.baseAddress, let a = a.baseAddress else { return }
        forEachRangeConcurrently(of: (rows + part - 1) / part) { range in
          for index in range {
            let first = index * part
            cblas_dgemm(
              CblasRowMajor, transposingFirst ? CblasTrans : CblasNoTrans,
              transposingSecond ? CblasTrans : CblasNoTrans, blasint(min(part, rows - first)),
              blasint(columns), blasint(inner), 1, a + first * (transposingFirst ? 1 : inner),
              blasint(transposingFirst ? rows : inner), b.baseAddress,
              blasint(transposingSecond ? inner : columns), 0, out + first * columns,
              blasint(columns))
          }
        }
      }
    }
    initializedCount = rows * columns
  }
}
