import Tensors

/// Random numbers for the rows of a batch, each row's a function of its place in the *global*
/// batch: the same numbers fall on the same sample whatever the number of ranks.
public struct SampleNoise: Sendable {
  public let seed: UInt64
  /// The training step.
  public let step: UInt64
  /// Tells the passes of one step apart.
  public let phase: UInt8
  /// The place of each row in the global batch.
  public let samples: [UInt32]

  public init(seed: UInt64, step: UInt64, phase: UInt8, samples: [UInt32]) {
    (self.seed, self.step, self.phase, self.samples) = (seed, step, phase, samples)
  }

  /// Returns numbers uniform in [0, 1), of shape `[samples] + shape`.
  /// - Parameter source: tells the users of one purpose apart.
  public func uniform(
    _ purpose: RandomStream.Purpose, source: UInt8 = 0, shape: [Int]
  ) -> Tensor {
    tensor(purpose, source, shape) { $0.fillUniform($1, step: $2, sample: $3) }
  }

  /// Returns standard normal numbers, of shape `[samples] + shape`.
  public func normal(
    _ purpose: RandomStream.Purpose, source: UInt8 = 0, shape: [Int]
  ) -> Tensor {
    tensor(purpose, source, shape) { $0.fillNormal($1, step: $2, sample: $3) }
  }

  /// Returns `x`, of shape `[samples, …]`, with each element set to zero with probability `rate`
  /// and the others scaled so that the expected value stays.
  /// - Parameter source: tells the users apart.
  public func droppedOut(_ x: Tensor, rate: Float, source: UInt8 = 0) -> Tensor {
    x.droppedOut(
      rate: rate, by: RandomStream(seed: seed, purpose: .dropout), step: key(source),
      samples: samples)
  }

  /// What takes the step's place in a random stream.
  private func key(_ source: UInt8) -> UInt64 {
    step << 16 | UInt64(phase) << 8 | UInt64(source)
  }

  private func tensor(
    _ purpose: RandomStream.Purpose, _ source: UInt8, _ shape: [Int],
    fill: (RandomStream, UnsafeMutableBufferPointer<Float>, UInt64, UInt32) -> Void
  ) -> Tensor {
    let stream = RandomStream(seed: seed, purpose: purpose)
    let width = shape.reduce(1, *)
    return Tensor(shape: [samples.count] + shape) { buffer in
      forEachElementRange(of: samples.count, width: width) { range in
        for row in range {
          fill(
            stream, UnsafeMutableBufferPointer(rebasing: buffer[row * width..<(row + 1) * width]),
            key(source), samples[row])
        }
      }
    }
  }
}
