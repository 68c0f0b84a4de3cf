import Tensors

/// The passes of a convolution computed as they are defined, in double precision, an element at a
/// time.
package struct ConvolutionReference {
  private let call: ConvolutionCall
  private let input, weights, outputGradient: [Float]

  /// - Parameters: the operands in the shapes of `call`; the one that its pass computes is not
  ///   read.
  package init(
    _ call: ConvolutionCall, input: Tensor, weights: Tensor, outputGradient: Tensor
  ) {
    self.call = call
    self.input = input.scalars
    self.weights = weights.scalars
    self.outputGradient = outputGradient.scalars
  }

  /// Returns the largest error of `count` elements of `result`, spread over all of it, as a
  /// fraction of the largest element.
  package func largestError(of result: Tensor, checking count: Int) -> Double {
    result.withScalars { scalars in
      let scale = scalars.reduce(Float.leastNormalMagnitude) { max($0, abs($1)) }
      let checked = min(count, scalars.count)
      let errors = (0..<checked).map { place in
        // A step that is no power of two falls on all channels, rows and columns in turn.
        let index = checked == scalars.count ? place : place * 7_654_321 % scalars.count
        return abs(Double(scalars[index]) - element(at: index))
      }
      // The maximum would pass over what is not a number.
      return errors.contains(where: \.isNaN) ? .infinity : (errors.max() ?? 0) / Double(scale)
    }
  }

  /// Returns the element of the result at `index` in row-major order.
  private func element(at index: Int) -> Double {
    switch call.pass {
    case .output: output(place(of: index, in: call.outputShape))
    case .inputGradient: inputGradient(place(of: index, in: call.inputShape))
    case .weightGradient: weightGradient(place(of: index, in: call.weightShape))
    }
  }

  private func output(_ place: [Int]) -> Double {
    let (window, channels) = (call.window, call.inputShape[3])
    var sum = 0.0
    forEachKernelPosition { ky, kx in
      let y = place[1] * window.stride + ky - window.padding.top
      let x = place[2] * window.stride + kx - window.padding.left
      guard isInside(y, x) else { return }
      for channel in 0..<channels {
        sum +=
          Double(input[offset(place[0], y, x, channel, call.inputShape)])
          * Double(weights[offset(ky, kx, channel, place[3], call.weightShape)])
      }
    }
    return sum
  }

  private func inputGradient(_ place: [Int]) -> Double {
    let (window, outputs) = (call.window, call.outputShape)
    var sum = 0.0
    forEachKernelPosition { ky, kx in
      let (y, x) = (place[1] + window.padding.top - ky, place[2] + window.padding.left - kx)
      guard y.isMultiple(of: window.stride), x.isMultiple(of: window.stride) else { return }
      let (row, column) = (y / window.stride, x / window.stride)
      guard y >= 0, x >= 0, row < outputs[1], column < outputs[2] else { return }
      for channel in 0..<outputs[3] {
        sum +=
          Double(outputGradient[offset(place[0], row, column, channel, outputs)])
          * Double(weights[offset(ky, kx, place[3], channel, call.weightShape)])
      }
    }
    return sum
  }

  private func weightGradient(_ place: [Int]) -> Double {
    let (window, outputs) = (call.window, call.outputShape)
    var sum = 0.0
    for batch in 0..<outputs[0] {
      for row in 0..<outputs[1] {
        for column in 0..<outputs[2] {
          let y = row * window.stride + place[0] - window.padding.top
          let x = column * window.stride + place[1] - window.padding.left
          guard isInside(y, x) else { continue }
          sum +=
            Double(input[offset(batch, y, x, place[2], call.inputShape)])
            * Double(outputGradient[offset(batch, row, column, place[3], outputs)])
        }
      }
    }
    return sum
  }

  private func forEachKernelPosition(_ body: (Int, Int) -> Void) {
    for ky in 0..<call.window.kernel {
      for kx in 0..<call.window.kernel { body(ky, kx) }
    }
  }

  private func isInside(_ y: Int, _ x: Int) -> Bool {
    (0..<call.inputShape[1]).contains(y) && (0..<call.inputShape[2]).contains(x)
  }

  private func offset(_ a: Int, _ b: Int, _ c: Int, _ d: Int, _ shape: [Int]) -> Int {
    ((a * shape[1] + b) * shape[2] + c) * shape[3] + d
  }

  private func place(of index: Int, in shape: [Int]) -> [Int] {
    var rest = index
    return shape.reversed().map { extent in
      defer { rest /= extent }
      return rest % extent
    }.reversed()
  }
}
