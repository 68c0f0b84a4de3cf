import CKernels
import COpenBLAS

extension Tensor {
  /// Returns these weights divided by an estimate of their largest singular value (Miyato et al.,
  /// 2018), and the vector that the next estimate starts from.
  ///
  /// The weights are taken for the matrix W whose rows belong to the outputs. With v = Wᵀu/‖Wᵀu‖
  /// the estimate is σ = uᵀWv, for which `u` becomes Wv/‖Wv‖ before if a step of the power
  /// iteration is to be taken. In the gradient u and v are constants; that σ depends on W is taken
  /// into account.
  /// - Parameters:
  ///   - axis: the dimension of the outputs.
  ///   - u: an estimate of the first left singular vector, `[outputs]`, of length one.
  ///   - iterating: takes one step of the power iteration.
  public func spectrallyNormalized(
    outputAxis axis: Int, u: Tensor, iterating: Bool
  ) -> (weights: Tensor, u: Tensor) {
    precondition(u.shape == [shape[axis]], "u of shape \(u.shape) for \(shape[axis]) outputs")
    let matrix = SpectralMatrix(shape: shape, outputAxis: axis)
    let (sigma, u, v) = matrix.singularTriple(of: self, from: u.detached, iterating: iterating)

    let normalized = (detached / sigma).recorded(from: [self], keeping: [.input(0)]) { pass in
      if pass.isDifferentiable {
        return pass.gradients { $0[0] / ($0[0] * matrix.outerProduct(u, v)).sum() }
      }
      // With Ŵ = W/σ: (g − ⟨g, Ŵ⟩·u vᵀ)/σ.
      let share = sumOfProducts(pass.upstream, pass.input(0)) / (sigma * sigma)
      return [
        pass.overwritingUpstream {
          matrix.write($0, of: $1, scaledBy: 1 / sigma, minus: u * share, v)
        }
      ]
    }
    return (normalized, u)
  }
}

/// How weights of any arrangement are a matrix with a row for each output: a tensor `[outer,
/// outputs, inner]`, in which the pairs of an outer and an inner index are the columns.
private struct SpectralMatrix {
  let shape: [Int]
  let outer, outputs, inner: Int

  /// What a vector must be longer than to be divided by its length.
  private static let epsilon = 1e-12

  init(shape: [Int], outputAxis axis: Int) {
    self.shape = shape
    outer = shape[..<axis].reduce(1, *)
    outputs = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
  }

  /// Returns σ, u and v.
  func singularTriple(
    of weights: Tensor, from u: Tensor, iterating: Bool
  ) -> (sigma: Float, u: Tensor, v: Tensor) {
    let (right, left) = products(of: weights, with: u, both: iterating)
    let rightLength = max(right.length, Self.epsilon)
    let v = right * Float(1 / rightLength)
    guard let left else { return (Float(rightLength), u, v) }
    let leftLength = max(left.length, Self.epsilon * rightLength)
    return (Float(leftLength / rightLength), left * Float(1 / leftLength), v)
  }

  /// Returns Wᵀu and, if both are wanted, W·(Wᵀu), in one pass over memory: a block of W is still
  /// in cache when it is needed again.
  private func products(
    of weights: Tensor, with u: Tensor, both: Bool
  ) -> (right: Tensor, left: Tensor?) {
    _ = LinearAlgebraLibrary.runsOnCallingThread
    let right = Tensor(uninitialized: [outer * inner])
    // Sums of so many parts of W, the same ones for any number of threads.
    let parts = max(1, min(outer, 16, weights.count >> 15))
    let lefts = Tensor(repeating: 0, shape: [parts, outputs])
    let block = inner > 1 ? 1 : max(1, (1 << 14) / outputs)
    forEachRangeConcurrently(of: parts) { range in
      for part in range {
        let end = outer * (part + 1) / parts
        for first in stride(from: outer * part / parts, to: end, by: block) {
          // One inner index: rows are columns of W. Else each outer index has a matrix of its own.
          let rows = inner > 1 ? outputs : min(block, end - first)
          let columns = inner > 1 ? inner : outputs
          let w = weights.pointer + first * outputs * inner
          func multiply(
            transposing: Bool, _ x: UnsafePointer<Float>, adding: Bool,
            to y: UnsafeMutablePointer<Float>
          ) {
            cblas_sgemv(
              CblasRowMajor, transposing ? CblasTrans : CblasNoTrans, blasint(rows),
              blasint(columns), 1, w, blasint(columns), x, 1, adding ? 1 : 0, y, 1)
          }
          let s = right.pointer + first * inner
          multiply(transposing: inner > 1, u.pointer, adding: false, to: s)
          if both {
            multiply(transposing: inner == 1, s, adding: true, to: lefts.pointer + part * outputs)
          }
        }
      }
    }
    return (right, both ? lefts.sum(alongAxes: 0).reshaped(to: [outputs]) : nil)
  }

  /// Returns u vᵀ in the arrangement of the weights.
  func outerProduct(_ u: Tensor, _ v: Tensor) -> Tensor {
    (u.reshaped(to: [1, outputs, 1]) * v.reshaped(to: [outer, 1, inner])).reshaped(to: shape)
  }

  /// Writes scale·g − u vᵀ; the two may be the same memory.
  func write(
    _ result: UnsafeMutablePointer<Float>, of g: UnsafePointer<Float>, scaledBy scale: Float,
    minus u: Tensor, _ v: Tensor
  ) {
    guard inner > 1 else {
      forEachElementRange(of: outer, width: outputs) {
        let start = $0.lowerBound * outputs
        ck_scale_minus_outer(
          result + start, g + start, scale, v.pointer + $0.lowerBound, u.pointer, $0.count, outputs)
      }
      return
    }
    forEachElementRange(of: outer, width: outputs * inner) {
      for index in $0 {
        let start = index * outputs * inner
        ck_scale_minus_outer(
          result + start, g + start, scale, u.pointer, v.pointer + index * inner, outputs, inner)
      }
    }
  }
}

extension Tensor {
  /// The square root of the sum of squares.
  fileprivate var length: Double { Double(sumOfProducts(self, self)).squareRoot() }
}

/// Returns the sum of the products of elements in the same place.
private func sumOfProducts(_ a: Tensor, _ b: Tensor) -> Float {
  let span = 1 << 14
  let spans = (a.count + span - 1) / span
  let sums = Tensor(shape: [spans]) { out in
    forEachRangeConcurrently(of: spans) { range in
      for index in range {
        let start = index * span
        out[index] = cblas_sdot(
          blasint(min(span, a.count - start)), a.pointer + start, 1, b.pointer + start, 1)
      }
    }
  }
  return sums.sum().scalar
}
