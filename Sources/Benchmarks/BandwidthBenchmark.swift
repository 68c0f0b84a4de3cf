import CKernels
import Collectives
import Tensors

/// How fast a rank moves bytes, in memory and to other ranks.
package struct BandwidthResult: Codable, Sendable, Equatable {
  /// One size of message.
  package struct Allreduce: Codable, Sendable, Equatable {
    package var bytes: Int
    package var seconds: Spread
    /// What each rank has to send at the least, 2(p − 1)/p of the buffer, over the median time, in
    /// bytes per second.
    package var bandwidth: Double
    /// That, as a fraction of the rank's memory bandwidth.
    package var ratioToMemory: Double
  }

  /// Bytes a second that a rank's threads read and write while all ranks do the same.
  package var memory: Spread
  /// Nothing where there is one rank.
  package var allreduce: [Allreduce]
}

struct BandwidthBenchmark {
  let communicator: any Communicator
  /// From the scalars of a step to the gradient of a larger network.
  static let messageBytes = [4, 1024, 16_384, 262_144, 1 << 20, 4 << 20, 12 << 20, 25_000_000]

  /// Elements of each of the two arrays that memory is measured with: 32 MiB, more than a core's
  /// share of any cache.
  private static let elements = 8 << 20
  private static let rounds = 7

  func measure() throws -> BandwidthResult {
    let memory = try memoryBandwidth()
    let sizes = communicator.size > 1 ? Self.messageBytes : []
    return BandwidthResult(
      memory: memory, allreduce: try sizes.map { try allreduce(bytes: $0, memory: memory.median) })
  }

  /// Times a[i] = s·b[i], as the benchmark STREAM does, counting bytes as it does.
  private func memoryBandwidth() throws -> Spread {
    let count = Self.elements
    let source = Tensor(repeating: 1, shape: [count])
    let target = TensorBuffer(shapes: [[count]])
    let samples = try (0..<Self.rounds).map { round in
      try communicator.barrier()
      let elapsed = seconds {
        source.withScalars { source in
          target.withMutableScalars { target in
            guard let from = source.baseAddress, let to = target.baseAddress else { return }
            forEachRangeConcurrently(of: count) { range in
              ck_affine(
                to + range.lowerBound, from + range.lowerBound, range.count, Float(round), 0)
            }
          }
        }
      }
      return Double(2 * count * MemoryLayout<Float>.stride) / elapsed
    }
    return Spread(Array(samples.dropFirst()))
  }

  private func allreduce(bytes: Int, memory: Double) throws -> BandwidthResult.Allreduce {
    var values = [Float](repeating: 0, count: bytes / MemoryLayout<Float>.stride)
    // Short messages are timed many at a time, as single ones are no longer than the clock's call.
    let repetitions = max(1, min(100, (1 << 20) / bytes))
    let samples = try (0..<Self.rounds).map { _ in
      try communicator.barrier()
      return try seconds {
        for _ in 0..<repetitions { try communicator.sum(&values) }
      } / Double(repetitions)
    }
    let spread = Spread(Array(samples.dropFirst()))
    let size = Double(communicator.size)
    let bandwidth = 2 * (size - 1) / size * Double(bytes) / spread.median
    return BandwidthResult.Allreduce(
      bytes: bytes, seconds: spread, bandwidth: bandwidth, ratioToMemory: bandwidth / memory)
  }
}
