import Tensors
import Testing

@Suite("Spectral normalisation")
struct SpectralNormalizationTests {
  /// Arrangements of weights: dense, a convolution's, a transposed convolution's.
  static let arrangements: [(shape: [Int], axis: Int)] = [
    ([7, 5], 1), ([3, 3, 4, 6], 3), ([2, 2, 5, 3], 2), ([33, 40], 0),
  ]

  /// Returns weights as a matrix with a row for each output.
  private func matrix(_ weights: Tensor, _ axis: Int) -> Tensor {
    let others = (0..<weights.rank).filter { $0 != axis }
    let outputs = weights.shape[axis]
    return weights.permuted([axis] + others)
      .reshaped(to: [outputs, weights.count / outputs])
  }

  private func iterated(_ weights: Tensor, _ axis: Int, steps: Int) -> (Tensor, u: Tensor) {
    var u = probe([weights.shape[axis]], 5)
    var normalized = weights
    for _ in 0..<steps {
      (normalized, u) = weights.spectrallyNormalized(outputAxis: axis, u: u, iterating: true)
    }
    return (normalized, u)
  }

  @Test("after many steps the largest singular value is one", arguments: arrangements)
  func converges(_ shape: [Int], _ axis: Int) {
    let weights = probe(shape, 1)
    let (normalized, u) = iterated(weights, axis, steps: 500)
    let values = singularValues(matrix(normalized, axis))
    #expect(abs((values.max() ?? 0) - 1) < 1e-4)
    #expect(abs(length(u) - 1) < 1e-5)
    // Scaled, and not changed otherwise.
    let sigma = singularValues(matrix(weights, axis)).max() ?? 0
    expectClose(
      normalized, shape: shape, weights.scalars.map { Double($0) / sigma }, tolerance: 1e-4)
  }

  @Test("without a step u stays, and the estimate is uᵀWv for it", arguments: arrangements)
  func fixed(_ shape: [Int], _ axis: Int) {
    let weights = probe(shape, 1)
    let (_, u) = iterated(weights, axis, steps: 2)
    let (normalized, kept) = weights.spectrallyNormalized(outputAxis: axis, u: u, iterating: false)
    #expect(kept.scalars == u.scalars)
    let w = matrix(weights, axis)
    let projection = w.permuted(1, 0).matrixProduct(u.reshaped(to: [u.count, 1]))
    let sigma = length(projection)
    expectClose(normalized, shape: shape, weights.scalars.map { Double($0) / sigma })
  }

  @Test("gradients are those of W / uᵀWv with u and v constant", arguments: arrangements)
  func gradients(_ shape: [Int], _ axis: Int) {
    let weights = probe(shape, 1)
    let u = iterated(weights, axis, steps: 3).u
    let w = matrix(weights, axis)
    let projection = w.permuted(1, 0).matrixProduct(u.reshaped(to: [u.count, 1]))
    let v = projection / Float(length(projection))
    func definition(_ weights: Tensor) -> Tensor {
      let w = matrix(weights, axis)
      return weights / (u.reshaped(to: [1, u.count]).matrixProduct(w).matrixProduct(v)).sum()
    }
    func derivatives(_ function: (Tensor) -> Tensor) -> [Tensor] {
      let (x, upstream) = (weights.variable(), probe(shape, 9).variable())
      let y = function(x)
      let quick = gradient(of: y, withRespectTo: [x], upstream: upstream.detached)
      let first = gradient(of: y, withRespectTo: [x], upstream: upstream, differentiable: true)
      let penalty = first[0].squared().sum()
      return quick + first + gradient(of: penalty, withRespectTo: [x, upstream])
    }
    let found = derivatives {
      $0.spectrallyNormalized(outputAxis: axis, u: u, iterating: false).weights
    }
    for (found, expected) in zip(found, derivatives(definition)) {
      expectClose(found, shape: shape, expected.scalars.map(Double.init), tolerance: 1e-4)
    }
  }

  /// Singular values by one-sided Jacobi rotations of the rows, in no order.
  private func singularValues(_ matrix: Tensor) -> [Double] {
    let (rows, columns) = (matrix.shape[0], matrix.shape[1])
    let scalars = matrix.scalars.map(Double.init)
    var a = (0..<rows).map { Array(scalars[$0 * columns..<($0 + 1) * columns]) }
    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    for _ in 0..<30 {
      for p in 0..<rows {
        for q in p + 1..<rows {
          let (alpha, beta, gamma) = (dot(a[p], a[p]), dot(a[q], a[q]), dot(a[p], a[q]))
          guard abs(gamma) > 1e-14 * (alpha * beta).squareRoot(), gamma != 0 else { continue }
          let zeta = (beta - alpha) / (2 * gamma)
          let t = (zeta < 0 ? -1 : 1) / (abs(zeta) + (1 + zeta * zeta).squareRoot())
          let c = 1 / (1 + t * t).squareRoot()
          let (x, y) = (a[p], a[q])
          for i in 0..<columns {
            a[p][i] = c * (x[i] - t * y[i])
            a[q][i] = c * (t * x[i] + y[i])
          }
        }
      }
    }
    return a.map { dot($0, $0).squareRoot() }
  }
}
