extension Tensor {
  /// Returns each element with probability 1 - `rate`, scaled so that the expected value stays,
  /// else zero (Srivastava et al., 2014).
  ///
  /// What is dropped is not kept for the gradient but found once more: it is a function of the
  /// stream, the step, the sample and the place in it.
  /// - Parameters:
  ///   - rate: from 0 up to, but not including, 1.
  ///   - samples: which sample each index of the first dimension is.
  public func droppedOut(
    rate: Float, by stream: RandomStream, step: UInt64, samples: [UInt32]
  ) -> Tensor {
    precondition((0..<1).contains(rate), "a dropout rate of \(rate)")
    precondition(shape.first == samples.count, "\(samples.count) samples for shape \(shape)")
    let width = count / max(1, samples.count)
    return Tensor(shape: shape) { out in
      forEachElementRange(of: samples.count, width: width) { range in
        for row in range {
          stream.dropOut(
            pointer + row * width,
            to: UnsafeMutableBufferPointer(rebasing: out[row * width..<(row + 1) * width]),
            rate: rate, scale: 1 / (1 - rate), step: step, sample: samples[row])
        }
      }
    }
    .recorded(
      from: [self], keeping: [.input(0)],
      remaking: { input in
        input(0).detached.droppedOut(rate: rate, by: stream, step: step, samples: samples)
      }
    ) { [$0.upstream.droppedOut(rate: rate, by: stream, step: step, samples: samples)] }
  }
}
