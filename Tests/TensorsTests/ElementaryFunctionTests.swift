import Foundation
import Tensors
import Testing

/// The elementary functions over the whole range of float32, against those of float64.
@Suite("Elementary functions")
struct ElementaryFunctionTests {
  struct Function: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tensors: @Sendable (Tensor) -> Tensor
    let numbers: @Sendable (Double) -> Double
  }

  static let functions = [
    Function(testDescription: "exp", tensors: { $0.exp() }, numbers: { exp($0) }),
    Function(testDescription: "log", tensors: { $0.log() }, numbers: { log($0) }),
    Function(testDescription: "tanh", tensors: { $0.tanh() }, numbers: { tanh($0) }),
    Function(
      testDescription: "sigmoid", tensors: { $0.sigmoid() }, numbers: { 1 / (1 + exp(-$0)) }),
    Function(
      testDescription: "softplus", tensors: { $0.softplus() },
      numbers: { max($0, 0) + log1p(exp(-abs($0))) }),
  ]

  /// Both zeros, denormals, infinities, numbers that are none, and every 65,521st bit pattern.
  private static let everywhere: [Float] =
    stride(from: UInt64(0), to: 1 << 32, by: 65_521).map { Float(bitPattern: UInt32($0)) }
    + [
      0, -0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, 1, -1,
    ]
  /// Where the functions are neither trivial nor saturated.
  private static let usual = (-40_000..<40_000).map { Float($0) / 512 }

  @Test("three units in the last place from float64, everywhere", arguments: functions)
  func precision(_ function: Function) {
    for arguments in [Self.everywhere, Self.usual] {
      let results = function.tensors(Tensor(shape: [arguments.count], arguments)).scalars
      for (argument, result) in zip(arguments, results) {
        let expected = function.numbers(Double(argument))
        let rounded = Float(expected)
        if rounded.isFinite {
          let error = abs(Double(result) - expected)
          if !(error < 3 * Double(rounded.ulp)) {
            Issue.record("\(result) at \(argument) should be \(expected)")
          }
        } else if rounded.isNaN != result.isNaN || (rounded.isInfinite && rounded != result) {
          Issue.record("\(result) at \(argument) should be \(rounded)")
        }
      }
    }
  }

  @Test("an element's result does not depend on its place", arguments: functions)
  func places(_ function: Function) {
    // Vectors, and what is left over when they are full.
    let x = (0..<77).map { Float($0) / 8 - 4 }
    let together = function.tensors(Tensor(shape: [77], x)).scalars
    for (argument, result) in zip(x, together) where argument > 0 || !result.isNaN {
      #expect(function.tensors(Tensor(argument)).scalar == result)
    }
  }
}
