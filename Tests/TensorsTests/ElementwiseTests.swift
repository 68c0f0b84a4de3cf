import Foundation
import Tensors
import Testing

@Suite("Elementwise operations")
struct ElementwiseTests {
  struct Broadcast: Sendable, CustomTestStringConvertible {
    let a, b, result: [Int]
    var testDescription: String { "\(a) with \(b)" }
  }

  static let broadcasts = [
    Broadcast(a: [3, 4], b: [3, 4], result: [3, 4]),
    Broadcast(a: [2, 3, 4], b: [4], result: [2, 3, 4]),
    Broadcast(a: [4], b: [2, 3, 4], result: [2, 3, 4]),
    Broadcast(a: [2, 3, 4], b: [2, 1, 4], result: [2, 3, 4]),
    Broadcast(a: [2, 1, 4], b: [1, 3, 1], result: [2, 3, 4]),
    Broadcast(a: [2, 3, 1], b: [3, 4], result: [2, 3, 4]),
    Broadcast(a: [2, 1, 1, 5], b: [2, 3, 2, 1], result: [2, 3, 2, 5]),
    Broadcast(a: [2, 3], b: [], result: [2, 3]),
    Broadcast(a: [], b: [2, 3], result: [2, 3]),
    Broadcast(a: [], b: [], result: []),
    Broadcast(a: [1], b: [1, 1], result: [1, 1]),
    Broadcast(a: [2, 0, 3], b: [2, 1, 1], result: [2, 0, 3]),
    Broadcast(a: [3, 0], b: [0], result: [3, 0]),
    Broadcast(a: [0, 3], b: [3], result: [0, 3]),
    Broadcast(a: [0], b: [0], result: [0]),
  ]

  static let operations:
    [(
      symbol: String, tensors: @Sendable (Tensor, Tensor) -> Tensor,
      numbers: @Sendable (Double, Double) -> Double
    )] = [
      ("+", { $0 + $1 }, { $0 + $1 }), ("-", { $0 - $1 }, { $0 - $1 }),
      ("*", { $0 * $1 }, { $0 * $1 }), ("/", { $0 / $1 }, { $0 / $1 }),
    ]

  @Test("arithmetic stretches extents of one, and so do its gradients", arguments: broadcasts)
  func arithmetic(_ broadcast: Broadcast) {
    let a = signedProbe(broadcast.a, 1)
    let b = signedProbe(broadcast.b, 2, magnitudes: 0.75...2)
    let pairs = zip(
      stretched(a.scalars, broadcast.a, to: broadcast.result),
      stretched(b.scalars, broadcast.b, to: broadcast.result))
    for (_, tensors, numbers) in Self.operations {
      expectClose(
        tensors(a, b), shape: broadcast.result, pairs.map { numbers(Double($0), Double($1)) })
      checkGradients(at: [a, b]) { tensors($0[0], $0[1]) }
    }
  }

  @Test("an operand that is used twice gets both gradients")
  func bothOperandsAreOne() {
    let x = signedProbe([5], 3)
    checkGradients(at: [x]) { $0[0] * $0[0] + $0[0] / ($0[0] * $0[0] + 1) }
  }

  @Test("arithmetic with numbers")
  func numbers() {
    let x = signedProbe([2, 3], 4)
    let values = x.scalars.map(Double.init)
    expectClose(-x, shape: [2, 3], values.map { -$0 })
    expectClose(x + 3, shape: [2, 3], values.map { $0 + 3 })
    expectClose(x - 3, shape: [2, 3], values.map { $0 - 3 })
    expectClose(3 - x, shape: [2, 3], values.map { 3 - $0 })
    expectClose(x * 3, shape: [2, 3], values.map { $0 * 3 })
    expectClose(3 * x, shape: [2, 3], values.map { $0 * 3 })
    expectClose(x / 3, shape: [2, 3], values.map { $0 / 3 })
    expectClose(x.scaled(by: 2, plus: -5), shape: [2, 3], values.map { 2 * $0 - 5 })
    checkGradients(at: [x]) { (3 - (-$0[0]) * 0.5) / 3 * $0[0] - 1 }
    checkGradients(at: [x]) { $0[0].scaled(by: -2, plus: 5).squared() + 1 }
  }

  @Test("broadcasting repeats elements, and its gradient adds them up")
  func broadcasting() {
    for (from, to) in [([2, 1, 3], [2, 4, 3]), ([3], [2, 3]), ([], [2, 2]), ([1, 1], [3, 2])] {
      let x = signedProbe(from, 5)
      expectClose(
        x.broadcast(to: to), shape: to, stretched(x.scalars, from, to: to).map(Double.init))
      checkGradients(at: [x]) { $0[0].broadcast(to: to).squared() }
    }
  }

  struct Function: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tensors: @Sendable (Tensor) -> Tensor
    let numbers: @Sendable (Double) -> Double
    var isForPositives = false
  }

  static let functions = [
    Function(testDescription: "exp", tensors: { $0.exp() }, numbers: { exp($0) }),
    Function(
      testDescription: "log", tensors: { $0.log() }, numbers: { log($0) }, isForPositives: true),
    Function(
      testDescription: "square root", tensors: { $0.squareRoot() }, numbers: { $0.squareRoot() },
      isForPositives: true),
    Function(testDescription: "square", tensors: { $0.squared() }, numbers: { $0 * $0 }),
    Function(testDescription: "tanh", tensors: { $0.tanh() }, numbers: { tanh($0) }),
    Function(
      testDescription: "sigmoid", tensors: { $0.sigmoid() }, numbers: { 1 / (1 + exp(-$0)) }),
    Function(
      testDescription: "softplus", tensors: { $0.softplus() }, numbers: { log(1 + exp($0)) }),
    Function(testDescription: "relu", tensors: { $0.relu() }, numbers: { max(0, $0) }),
    Function(testDescription: "magnitude", tensors: { $0.absolute() }, numbers: { abs($0) }),
    Function(
      testDescription: "leaky relu", tensors: { $0.leakyReLU(slope: 0.2) },
      numbers: { $0 > 0 ? $0 : 0.2 * $0 }),
  ]

  @Test("functions of one tensor and their gradients", arguments: functions)
  func function(_ function: Function) {
    let x =
      function.isForPositives
      ? probe([3, 7], 6, in: 0.5...2) : signedProbe([3, 7], 6, magnitudes: 0.25...2)
    expectClose(
      function.tensors(x), shape: [3, 7], x.scalars.map { function.numbers(Double($0)) },
      tolerance: 1e-6)
    checkGradients(at: [x]) { function.tensors($0[0]) }
    // The function's own curvature, and that of what comes before it.
    checkGradients(at: [x]) { function.tensors($0[0] * $0[0].broadcast(to: [3, 7]).absolute()) }
  }

  @Test("saturating functions stay finite, and so do their gradients")
  func saturation() {
    let x = Tensor(shape: [4], [-200, -50, 50, 200])
    expectClose(x.softplus(), shape: [4], [0, exp(-50), 50, 200])
    expectClose(x.sigmoid(), shape: [4], [0, exp(-50), 1, 1])
    expectClose(x.tanh(), shape: [4], [-1, -1, 1, 1])
    for function in [{ $0.softplus() }, { $0.sigmoid() }, { $0.tanh() }] as [(Tensor) -> Tensor] {
      let variable = x.variable()
      let slope = gradient(of: function(variable), withRespectTo: [variable])[0]
      #expect(slope.isFinite)
    }
  }

  @Test("rectifiers pass on what is not a number")
  func notANumber() {
    let x = Tensor(shape: [2], [.nan, 1])
    #expect(x.relu().scalars[0].isNaN)
    #expect(x.leakyReLU(slope: 0.2).scalars[0].isNaN)
  }

  @Test("finite tensors are told from others")
  func finiteness() {
    #expect(Tensor(shape: [3], [0, -.greatestFiniteMagnitude, .leastNonzeroMagnitude]).isFinite)
    for (value, position) in [(Float.infinity, 0), (-.infinity, 69), (.nan, 33)] {
      var scalars = [Float](repeating: 1, count: 70)
      scalars[position] = value
      #expect(!Tensor(shape: [70], scalars).isFinite)
    }
    #expect(Tensor(shape: [0], []).isFinite)
  }
}

/// Returns the elements of a row-major array repeated along its extents of one.
private func stretched(_ scalars: [Float], _ shape: [Int], to result: [Int]) -> [Float] {
  let padded = [Int](repeating: 1, count: result.count - shape.count) + shape
  return (0..<result.reduce(1, *)).map { flat in
    var (rest, index, step) = (flat, 0, 1)
    for dimension in result.indices.reversed() {
      let coordinate = rest % result[dimension]
      rest /= result[dimension]
      if padded[dimension] > 1 { index += coordinate * step }
      step *= padded[dimension]
    }
    return scalars[index]
  }
}
