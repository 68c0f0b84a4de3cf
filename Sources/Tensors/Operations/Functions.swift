import CKernels

// Functions of one tensor, element by element.

extension Tensor {
  /// Returns eˣ of each element.
  public func exp() -> Tensor {
    unary(CK_EXP, keeping: .output) { [$0.upstream * $0.output] }
  }

  /// Returns the natural logarithm of each element.
  public func log() -> Tensor {
    unary(CK_LOG, keeping: .input(0)) { [$0.upstream / $0.input(0)] }
  }

  /// Returns the square root of each element.
  public func squareRoot() -> Tensor {
    unary(CK_SQRT, keeping: .output) { [$0.upstream * 0.5 / $0.output] }
  }

  /// Returns the square of each element.
  public func squared() -> Tensor { self * self }

  /// Returns the hyperbolic tangent of each element.
  public func tanh() -> Tensor {
    unary(CK_TANH, keeping: .output) { [$0.upstream * (1 - $0.output.squared())] }
  }

  /// Returns 1 / (1 + e⁻ˣ) of each element.
  public func sigmoid() -> Tensor {
    unary(CK_SIGMOID, keeping: .output) { [$0.upstream * ($0.output - $0.output.squared())] }
  }

  /// Returns log(1 + eˣ) of each element, without overflow.
  public func softplus() -> Tensor {
    unary(CK_SOFTPLUS, keeping: .input(0)) { [$0.upstream * $0.input(0).sigmoid()] }
  }

  /// Returns each element where it is positive, else zero.
  public func relu() -> Tensor { leakyReLU(slope: 0) }

  /// Returns the magnitude of each element.
  public func absolute() -> Tensor { leakyReLU(slope: -1) }

  /// Returns each element where it is positive, else `slope` times it (Maas et al., 2013).
  public func leakyReLU(slope: Float) -> Tensor {
    // Unless the slope turns signs round, the output tells as well which side an element was on,
    // and it is the output that the next operation is likely to keep.
    let keepsOutput = slope >= 0
    return elementByElement { ck_leaky_relu($0, pointer + $1, $2, slope) }
      .recorded(from: [self], keeping: keepsOutput ? [.output] : [.input(0)]) { pass in
        let gate = keepsOutput ? pass.output : pass.input(0)
        if pass.isDifferentiable {
          return [pass.upstream.gated(by: gate.detached, slope: slope)]
        }
        return [
          pass.overwritingUpstream { result, upstream in
            forEachElementRange(of: gate.count) {
              ck_leaky_gate(
                result + $0.lowerBound, upstream + $0.lowerBound, gate.pointer + $0.lowerBound,
                $0.count, slope)
            }
          }
        ]
      }
  }

  /// Returns each element where `gate` is positive, else `slope` times it: the derivative of the
  /// leaky rectifier applied to this tensor, and its own derivative in turn.
  func gated(by gate: Tensor, slope: Float) -> Tensor {
    elementByElement { ck_leaky_gate($0, pointer + $1, gate.pointer + $1, $2, slope) }
      .recorded(from: [self]) { [$0.upstream.gated(by: gate, slope: slope)] }
  }

  private func unary(
    _ operation: ck_unary_operation, keeping kept: KeptValue, rule: @escaping BackwardRule
  ) -> Tensor {
    elementByElement { ck_unary(operation, $0, pointer + $1, $2) }
      .recorded(from: [self], keeping: [kept], rule)
  }
}
