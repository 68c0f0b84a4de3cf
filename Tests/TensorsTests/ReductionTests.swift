import Foundation
import Tensors
import Testing

@Suite("Reductions")
struct ReductionTests {
  @Test("sums over every choice of axes", arguments: 0..<16)
  func sums(choice: Int) {
    let shape = [2, 3, 4, 5]
    let axes = shape.indices.filter { choice >> $0 & 1 == 1 }
    let x = signedProbe(shape, 1)
    var (reduced, extent) = (shape, 1)
    for axis in axes {
      reduced[axis] = 1
      extent *= shape[axis]
    }
    var sums = [Double](repeating: 0, count: reduced.reduce(1, *))
    for (flat, value) in x.scalars.enumerated() {
      var (rest, index, step) = (flat, 0, 1)
      for dimension in shape.indices.reversed() {
        if reduced[dimension] > 1 { index += rest % shape[dimension] * step }
        rest /= shape[dimension]
        step *= reduced[dimension]
      }
      sums[index] += Double(value)
    }
    expectClose(x.sum(alongAxes: axes), shape: reduced, sums)
    expectClose(x.sum(alongAxes: axes.reversed()), shape: reduced, sums)
    if axes.count == 2 {
      expectClose(
        x.mean(alongAxes: axes[0], axes[1]), shape: reduced, sums.map { $0 / Double(extent) })
      checkGradients(at: [x]) { $0[0].mean(alongAxes: axes[0], axes[1]).squared() }
    }
    checkGradients(at: [x]) { $0[0].sum(alongAxes: axes).squared() }
  }

  @Test("sums and means of all elements")
  func totals() {
    for shape in [[], [1], [63], [64], [3, 65], [5, 7, 129]] {
      let x = signedProbe(shape, 2)
      let total = x.scalars.reduce(0) { $0 + Double($1) }
      expectClose(x.sum(), shape: [], [total], tolerance: 1e-5)
      expectClose(x.mean(), shape: [], [total / Double(x.count)], tolerance: 1e-5)
    }
    checkGradients(at: [signedProbe([3, 5], 3)]) { ($0[0].squared().sum() + 1).squareRoot() }
    checkGradients(at: [signedProbe([3, 5], 3)]) { $0[0].squared().mean() }
  }

  @Test("long sums lose no more than a float's own rounding")
  func longSums() {
    // Added one by one in float32, 0.1 a million times over is off by almost 1 %.
    let x = Tensor(repeating: 0.1, shape: [1 << 20])
    let exact = Double(Float(0.1)) * Double(1 << 20)
    expectClose(x.sum(), shape: [], [exact], tolerance: 1e-6)
    expectClose(
      x.reshaped(to: [1 << 18, 4]).sum(alongAxes: 0), shape: [1, 4],
      [Double](repeating: exact / 4, count: 4), tolerance: 1e-6)
  }

  @Test("softmax rows are exponentials over their sum")
  func softmax() {
    for shape in [[4], [3, 5], [2, 3, 1], [2, 2, 70]] {
      let x = signedProbe(shape, 4, magnitudes: 0...3)
      let columns = shape[shape.count - 1]
      var expected: [Double] = []
      for row in 0..<x.count / columns {
        let exponentials = x.scalars[row * columns..<(row + 1) * columns].map { exp(Double($0)) }
        expected += exponentials.map { $0 / exponentials.reduce(0, +) }
      }
      expectClose(x.softmax(), shape: shape, expected)
      checkGradients(at: [x]) { $0[0].softmax() }
    }
  }

  @Test("softmax of large numbers does not overflow")
  func largeSoftmax() {
    let x = Tensor(shape: [2, 2], [1000, 1000, -1000, 1000])
    expectClose(x.softmax(), shape: [2, 2], [0.5, 0.5, 0, 1])
  }
}
