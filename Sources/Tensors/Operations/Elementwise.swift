import CKernels

// Arithmetic on tensors, element by element, with NumPy's broadcasting.

extension Tensor {
  public static func + (a: Tensor, b: Tensor) -> Tensor {
    binary(CK_ADD, a, b) { pass in
      [
        pass.needs[0] ? pass.upstream.summed(to: pass.shape(ofInput: 0)) : nil,
        pass.needs[1] ? pass.upstream.summed(to: pass.shape(ofInput: 1)) : nil,
      ]
    }
  }

  public static func - (a: Tensor, b: Tensor) -> Tensor {
    binary(CK_SUBTRACT, a, b) { pass in
      [
        pass.needs[0] ? pass.upstream.summed(to: pass.shape(ofInput: 0)) : nil,
        pass.needs[1] ? (-pass.upstream).summed(to: pass.shape(ofInput: 1)) : nil,
      ]
    }
  }

  public static func * (a: Tensor, b: Tensor) -> Tensor {
    binary(CK_MULTIPLY, a, b, keeping: .factors(a, b)) { pass in
      [
        pass.needs[0] ? (pass.upstream * pass.input(1)).summed(to: pass.shape(ofInput: 0)) : nil,
        pass.needs[1] ? (pass.upstream * pass.input(0)).summed(to: pass.shape(ofInput: 1)) : nil,
      ]
    }
  }

  public static func / (a: Tensor, b: Tensor) -> Tensor {
    binary(CK_DIVIDE, a, b, keeping: b.isTracked ? [.input(1), .output] : [.input(1)]) { pass in
      let quotient = pass.upstream / pass.input(1)
      return [
        pass.needs[0] ? quotient.summed(to: pass.shape(ofInput: 0)) : nil,
        pass.needs[1] ? (-(quotient * pass.output)).summed(to: pass.shape(ofInput: 1)) : nil,
      ]
    }
  }

  /// Returns the larger of the two elements in each place; where they are equal, the gradient goes
  /// to `b`.
  public static func maximum(_ a: Tensor, _ b: Tensor) -> Tensor {
    precondition(a.shape == b.shape, "the maximum of shapes \(a.shape) and \(b.shape)")
    let lead = a.isTracked || b.isTracked ? a.detached - b.detached : nil
    return elementwise(CK_MAXIMUM, a, b, shape: a.shape).recorded(from: [a, b]) { pass in
      guard let lead else { return [nil, nil] }
      let toFirst = pass.upstream.gated(by: lead, slope: 0)
      return [toFirst, pass.needs[1] ? pass.upstream - toFirst : nil]
    }
  }

  public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1, plus: 0) }
  public static func + (x: Tensor, shift: Float) -> Tensor { x.scaled(by: 1, plus: shift) }
  public static func - (x: Tensor, shift: Float) -> Tensor { x.scaled(by: 1, plus: -shift) }
  public static func - (shift: Float, x: Tensor) -> Tensor { x.scaled(by: -1, plus: shift) }
  public static func * (x: Tensor, scale: Float) -> Tensor { x.scaled(by: scale, plus: 0) }
  public static func * (scale: Float, x: Tensor) -> Tensor { x.scaled(by: scale, plus: 0) }
  public static func / (x: Tensor, divisor: Float) -> Tensor { x.scaled(by: 1 / divisor, plus: 0) }

  /// Returns `scale · self + shift`.
  public func scaled(by scale: Float, plus shift: Float) -> Tensor {
    elementByElement { ck_affine($0, pointer + $1, $2, scale, shift) }
      .recorded(from: [self]) { [$0.upstream * scale] }
  }

  /// Returns this tensor repeated along its dimensions of extent one to fill `shape`.
  public func broadcast(to shape: [Int]) -> Tensor {
    guard shape != self.shape else { return self }
    let original = self.shape
    return Self.elementwise(CK_FIRST, self, Tensor(0), shape: shape)
      .recorded(from: [self]) { [$0.upstream.summed(to: original)] }
  }

  private static func binary(
    _ operation: ck_binary_operation, _ a: Tensor, _ b: Tensor, keeping kept: [KeptValue] = [],
    rule: @escaping BackwardRule
  ) -> Tensor {
    elementwise(operation, a, b, shape: broadcastShape(a.shape, b.shape))
      .recorded(from: [a, b], keeping: kept, rule)
  }

  private static func elementwise(
    _ operation: ck_binary_operation, _ a: Tensor, _ b: Tensor, shape: [Int]
  ) -> Tensor {
    let nest = LoopNest(shape: shape, operands: [a.shape, b.shape])
    return Tensor(shape: shape) { out in
      let rows = nest.dimensions.first ?? 1
      let width = out.count / max(1, rows)
      forEachElementRange(of: rows, width: width) { range in
        let (aStep, bStep) = (nest.strides[0].first ?? 0, nest.strides[1].first ?? 0)
        let part = [range.count] + nest.dimensions.dropFirst()
        ck_binary(
          operation, out.start + range.lowerBound * width, a.pointer + range.lowerBound * aStep,
          b.pointer + range.lowerBound * bStep, Int32(nest.dimensions.count), part,
          nest.strides[0], nest.strides[1])
      }
    }
  }

  /// Returns a tensor of this shape whose elements `body` writes: at an address, those from an
  /// index on, so many.
  func elementByElement(
    _ body: (_ out: UnsafeMutablePointer<Float>, _ first: Int, _ count: Int) -> Void
  ) -> Tensor {
    Tensor(shape: shape) { out in
      forEachElementRange(of: count) {
        body(out.start + $0.lowerBound, $0.lowerBound, $0.count)
      }
    }
  }
}

/// Returns the shape of an elementwise operation on `a` and `b`: dimensions are matched from the
/// last, and an extent of one stretches.
private func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int] {
  let rank = max(a.count, b.count)
  return (0..<rank).map { dimension in
    let fromA = dimension - (rank - a.count)
    let fromB = dimension - (rank - b.count)
    let extents = (fromA < 0 ? 1 : a[fromA], fromB < 0 ? 1 : b[fromB])
    precondition(
      extents.0 == extents.1 || extents.0 == 1 || extents.1 == 1,
      "shapes \(a) and \(b) cannot be broadcast together")
    return extents.0 == 1 ? extents.1 : extents.0
  }
}

/// The loops of a broadcast operation, with neighbouring dimensions merged where every operand
/// walks through both in one stride.
private struct LoopNest {
  private(set) var dimensions: [Int] = []
  private(set) var strides: [[Int]]

  init(shape: [Int], operands: [[Int]]) {
    strides = operands.map { _ in [] }
    let operandStrides = operands.map { operand -> [Int] in
      precondition(operand.count <= shape.count, "shape \(operand) does not fit \(shape)")
      let padding = [Int](repeating: 1, count: shape.count - operand.count)
      let strides = operand.strides
      return (padding + operand).enumerated().map { dimension, extent in
        precondition(
          extent == shape[dimension] || extent == 1, "shape \(operand) does not fit \(shape)")
        return extent == 1 ? 0 : strides[dimension - padding.count]
      }
    }
    for dimension in shape.indices.reversed() where shape[dimension] != 1 {
      let extent = shape[dimension]
      let mergesWithInner =
        !dimensions.isEmpty
        && operandStrides.indices.allSatisfy {
          operandStrides[$0][dimension] == strides[$0][0] * dimensions[0]
        }
      if mergesWithInner {
        dimensions[0] *= extent
      } else {
        dimensions.insert(extent, at: 0)
        for operand in operandStrides.indices {
          strides[operand].insert(operandStrides[operand][dimension], at: 0)
        }
      }
    }
  }
}
