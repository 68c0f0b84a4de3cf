import Tensors
import Testing

@Suite("Matrix products")
struct MatrixProductTests {
  struct Sizes: Sendable {
    var batch: [Int] = []
    let m, k, n: Int
  }

  @Test(
    "products of matrices and of batches",
    arguments: [
      Sizes(m: 3, k: 4, n: 5), Sizes(m: 1, k: 7, n: 1), Sizes(m: 6, k: 1, n: 2),
      Sizes(batch: [3], m: 2, k: 5, n: 4), Sizes(batch: [2, 2], m: 3, k: 2, n: 3),
    ])
  func products(_ sizes: Sizes) {
    let (m, k, n) = (sizes.m, sizes.k, sizes.n)
    let a = signedProbe(sizes.batch + [m, k], 1)
    let b = signedProbe(sizes.batch + [k, n], 2)
    let (left, right) = (a.scalars.map(Double.init), b.scalars.map(Double.init))
    var expected: [Double] = []
    for batch in 0..<sizes.batch.reduce(1, *) {
      for row in 0..<m {
        for column in 0..<n {
          expected.append(
            (0..<k).reduce(0) {
              $0 + left[(batch * m + row) * k + $1] * right[(batch * k + $1) * n + column]
            })
        }
      }
    }
    expectClose(a.matrixProduct(b), shape: sizes.batch + [m, n], expected)
    checkGradients(at: [a, b], step: 1 / 8) { $0[0].matrixProduct($0[1]) }
    checkGradients(at: [a, b]) { $0[0].matrixProduct($0[1]).tanh() }
  }

  @Test("a product with itself gets both gradients")
  func square() {
    checkGradients(at: [signedProbe([4, 4], 3)]) { $0[0].matrixProduct($0[0]) }
  }

  @Test("a third derivative passes through transposed products")
  func thirdOrder() {
    // f = Σ (AB)³ along A + tD has the third derivative 6 Σ (DB)³, exactly.
    let (a, b, d) = (signedProbe([2, 3], 4), signedProbe([3, 2], 5), signs([2, 3], 6))
    var variable = a.variable()
    let start = variable
    let product = variable.matrixProduct(b)
    variable = (product * product * product).sum()
    for _ in 0..<3 {
      let slope = gradient(of: variable, withRespectTo: [start], differentiable: true)[0]
      variable = (slope * d).sum()
    }
    let moved = d.matrixProduct(b).scalars
    expectClose(
      variable, shape: [], [moved.reduce(0) { $0 + 6 * Double($1) * Double($1) * Double($1) }])
  }

  @Test("a product over an empty dimension is zero")
  func emptySum() {
    let product = Tensor(shape: [2, 0], []).matrixProduct(Tensor(shape: [0, 3], []))
    #expect(product.shape == [2, 3] && product.scalars.allSatisfy { $0 == 0 })
  }

  @Test("sums of many products are right, and so are their gradients")
  func longSums() {
    let (m, k, n) = (3, 20_000, 5)
    let (a, b) = (probe([m, k], 1).variable(), probe([k, n], 2).variable())
    func expected(_ a: Tensor, _ b: Tensor) -> [Double] {
      let (left, right) = (a.scalars.map(Double.init), b.scalars.map(Double.init))
      let (inner, columns) = (b.shape[0], b.shape[1])
      return (0..<a.shape[0] * columns).map { place in
        let start = place / columns * inner
        return (0..<inner).reduce(0) {
          $0 + left[start + $1] * right[$1 * columns + place % columns]
        }
      }
    }
    let product = a.matrixProduct(b)
    expectClose(product, shape: [m, n], expected(a, b))
    // The same sums with either operand transposed: gradients of the short matrix.
    let (longA, longB) = (probe([k, m], 3).variable(), probe([n, k], 4).variable())
    let (g, h) = (probe([k, n], 5), probe([m, k], 6))
    let weights = probe([m, n], 8).variable()
    let fromTransposedFirst = gradient(
      of: longA.matrixProduct(weights), withRespectTo: [weights], upstream: g)[0]
    expectClose(fromTransposedFirst, shape: [m, n], expected(longA.permuted(1, 0), g))
    let fromTransposedSecond = gradient(
      of: weights.matrixProduct(longB), withRespectTo: [weights], upstream: h)[0]
    expectClose(fromTransposedSecond, shape: [m, n], expected(h, longB.permuted(1, 0)))
  }
}
