import CKernels

// Sums, means and what is made of them.

extension Tensor {
  /// Returns the sum of all elements, as a tensor of rank zero.
  public func sum() -> Tensor {
    let original = shape
    return summed(outer: 1, reduced: count, inner: 1, shape: [])
      .recorded(from: [self]) { [$0.upstream.broadcast(to: original)] }
  }

  /// Returns the mean of all elements, as a tensor of rank zero.
  public func mean() -> Tensor { sum() / Float(count) }

  /// Returns the sum over the dimensions `axes`, which stay with extent one.
  public func sum(alongAxes axes: Int...) -> Tensor { sum(alongAxes: axes) }

  /// Returns the mean over the dimensions `axes`, which stay with extent one.
  public func mean(alongAxes axes: Int...) -> Tensor {
    sum(alongAxes: axes) / Float(axes.reduce(1) { $0 * shape[$1] })
  }

  /// Returns the sum over the dimensions `axes`, which stay with extent one.
  public func sum(alongAxes axes: [Int]) -> Tensor {
    precondition(axes.allSatisfy(shape.indices.contains), "no axes \(axes) in shape \(shape)")
    let original = shape
    // Runs of neighbouring axes are summed one after the other, each in one pass.
    var result = self.detached
    for run in axes.sorted().runsOfNeighbours.reversed() {
      let outer = result.shape[..<run.lowerBound].reduce(1, *)
      let reduced = result.shape[run].reduce(1, *)
      let inner = result.shape[run.upperBound...].reduce(1, *)
      var shape = result.shape
      for axis in run { shape[axis] = 1 }
      result = result.summed(outer: outer, reduced: reduced, inner: inner, shape: shape)
    }
    return result.recorded(from: [self]) { [$0.upstream.broadcast(to: original)] }
  }

  /// Returns this tensor, taken for `[outer, reduced, inner]`, summed over the middle dimension.
  private func summed(outer: Int, reduced: Int, inner: Int, shape: [Int]) -> Tensor {
    Tensor(shape: shape) {
      sumRows(of: pointer, matrices: outer, rows: reduced, width: inner, to: $0.start)
    }
  }

  /// Returns the sum over whatever was repeated to make this tensor out of one of `shape`: the
  /// adjoint of broadcasting.
  func summed(to shape: [Int]) -> Tensor {
    guard shape != self.shape else { return self }
    let added = rank - shape.count
    let axes = self.shape.indices.filter {
      $0 < added || (shape[$0 - added] == 1 && self.shape[$0] != 1)
    }
    return sum(alongAxes: axes).reshaped(to: shape)
  }

  /// Returns the softmax over the last dimension: positive numbers that sum to one.
  public func softmax() -> Tensor {
    let columns = shape.last ?? 1
    let rows = count / max(1, columns)
    return Tensor(shape: shape) { out in
      forEachElementRange(of: rows, width: columns) {
        let start = $0.lowerBound * columns
        ck_softmax(out.start + start, pointer + start, $0.count, columns)
      }
    }
    .recorded(from: [self], keeping: [.output]) { pass in
      let p = pass.output
      if pass.isDifferentiable {
        let g = pass.upstream
        return [p * (g - (g * p).sum(alongAxes: [p.rank - 1]))]
      }
      return [
        pass.overwritingUpstream { result, upstream in
          forEachElementRange(of: rows, width: columns) {
            let start = $0.lowerBound * columns
            ck_softmax_gradient(
              result + start, upstream + start, p.pointer + start, $0.count, columns)
          }
        }
      ]
    }
  }

  /// True if no element is infinite or not a number.
  public var isFinite: Bool { ck_all_finite(pointer, count) != 0 }
}

extension [Int] {
  /// The runs of consecutive numbers in a sorted array, as ranges.
  fileprivate var runsOfNeighbours: [Range<Int>] {
    var runs: [Range<Int>] = []
    for number in self {
      if let last = runs.last, last.upperBound == number {
        runs[runs.count - 1] = last.lowerBound..<number + 1
      } else {
        runs.append(number..<number + 1)
      }
    }
    return runs
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
