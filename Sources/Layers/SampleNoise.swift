import Tensors

/// Random numbers for the rows of a batch, each row's a function of its place in the *global* batch:
/// the same numbers fall on the same sample whatever the number of ranks.
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

  private func tensor(
    _ purpose: RandomStream.Purpose, _ source: UInt8, _ shape: [Int],
    fill: (RandomStream, UnsafeMutableBufferPointer<Float>, UInt64, UInt32) -> Void
  ) -> Tensor {
    let stream = RandomStream(seed: seed, purpose: purpose)
    let rowCount = shape.reduce(1, *)
    let key = step << 16 | UInt64(phase) << 8 | UInt64(source)
    return Tensor(shape: [samples.count] + shape) { buffer in
      for (row, sample) in samples.enumerated() {
        fill(
          stream,
          UnsafeMutableBufferPointer(rebasing: buffer[row * rowCount..<(row + 1) * rowCount]), key,
          sample)
      }
    }
  }
}
