import Tensors
import Testing

@Suite("Attention")
struct AttentionTests {
  private let queries = probe([2, 5, 3], 1)
  private let keys = probe([2, 4, 3], 2)
  private let values = probe([2, 4, 6], 3)

  @Test("the weights of a query's keys sum to one")
  func weightsSumToOne() {
    let weights = (queries * 20).attentionWeights(keys: keys)
    #expect(weights.shape == [2, 5, 4])
    #expect(weights.scalars.allSatisfy { (0...1).contains($0) })
    expectClose(
      weights.sum(alongAxes: 2), shape: [2, 5, 1], [Double](repeating: 1, count: 10))
  }

  @Test("what a query sees is the mean of the values by softmax of its products with the keys")
  func definition() {
    let (q, k, v) = (queries.scalars, keys.scalars, values.scalars)
    var expected: [Double] = []
    for (image, query) in (0..<10).map({ ($0 / 5, $0 % 5) }) {
      let weights = (0..<4).map { key in
        (0..<3).reduce(0.0) {
          $0 + Double(q[(image * 5 + query) * 3 + $1]) * Double(k[(image * 4 + key) * 3 + $1])
        }
      }.map { exponential($0) }
      let total = weights.reduce(0, +)
      for output in 0..<6 {
        expected.append(
          (0..<4).reduce(0.0) {
            $0 + weights[$1] / total * Double(v[(image * 4 + $1) * 6 + output])
          })
      }
    }
    expectClose(queries.attended(keys: keys, values: values), shape: [2, 5, 6], expected)
  }

  @Test("large products do not overflow")
  func largeProducts() {
    let result = (queries * 1e4).attended(keys: keys * 1e4, values: values)
    #expect(result.isFinite)
  }

  @Test("gradients are right")
  func gradients() {
    checkGradients(at: [queries, keys, values]) { $0[0].attended(keys: $0[1], values: $0[2]) }
  }

  @Test("gradients are right when a query is also a key")
  func sharedInput() {
    checkGradients(at: [keys, values]) { $0[0].attended(keys: $0[0], values: $0[1]) }
  }

  @Test("many queries and keys give what the definition in small steps gives, at any threads")
  func largePictures() {
    let (q, k, v) = (probe([3, 300, 8], 1) * 3, probe([3, 70, 8], 2) * 2, probe([3, 70, 33], 3))
    func derivatives(_ attended: (Tensor, Tensor, Tensor) -> Tensor) -> [Tensor] {
      let inputs = [q, k, v].map { $0.variable() }
      let result = attended(inputs[0], inputs[1], inputs[2])
      return [result.detached]
        + gradient(of: result, withRespectTo: inputs, upstream: probe(result.shape, 4))
    }
    let found = derivatives { $0.attended(keys: $1, values: $2) }
    let expected = derivatives {
      $0.matrixProduct($1.permuted(0, 2, 1)).softmax().matrixProduct($2)
    }
    for (found, expected) in zip(found, expected) {
      expectClose(found, shape: expected.shape, expected.scalars.map(Double.init))
    }
  }
}

/// eˣ by its series, in float64.
private func exponential(_ x: Double) -> Double {
  var (sum, term) = (1.0, 1.0)
  for n in 1..<60 {
    term *= x / Double(n)
    sum += term
  }
  return sum
}
