import Foundation
import Tensors
import Testing

@Suite("Batch normalisation")
struct BatchNormalizationTests {
  struct Case: Sendable {
    let shape: [Int]
    var groups = 1
    var slope: Float = 1
    var replicas: CopiesOfThisReplica?
  }

  static let cases = [
    Case(shape: [8, 3]), Case(shape: [2, 3, 2, 5]), Case(shape: [4, 2, 2, 3], groups: 2),
    Case(shape: [6, 2, 1, 2], groups: 3, slope: 0.2), Case(shape: [2, 2, 2, 3], slope: 0),
    Case(shape: [2, 2, 2, 67], slope: 0.2), Case(shape: [2, 9, 4, 66], slope: 0.2),
    Case(shape: [8, 3], slope: 0.2, replicas: CopiesOfThisReplica(replicaCount: 3)),
    Case(shape: [4, 2, 2, 2], groups: 2, replicas: CopiesOfThisReplica(replicaCount: 2)),
  ]

  @Test("features and statistics are those of the definition", arguments: cases)
  func definition(_ sizes: Case) {
    let channels = sizes.shape[sizes.shape.count - 1]
    let points = Self.points(sizes.shape)
    let (features, statistics) = points[0].batchNormalized(
      gamma: points[1], beta: points[2], epsilon: 1e-3, groups: sizes.groups, slope: sizes.slope,
      replicas: sizes.replicas)

    let (x, gamma, beta) = (points[0].scalars, points[1].scalars, points[2].scalars)
    let rows = x.count / channels / sizes.groups
    var means: [Double] = []
    var variances: [Double] = []
    var expected = [Double](repeating: 0, count: x.count)
    for group in 0..<sizes.groups {
      for channel in 0..<channels {
        let indices = (0..<rows).map { (group * rows + $0) * channels + channel }
        let mean = indices.reduce(0) { $0 + Double(x[$1]) } / Double(rows)
        let variance =
          indices.reduce(0) { $0 + pow(Double(x[$1]) - mean, 2) } / Double(rows)
        means.append(mean)
        variances.append(variance)
        for index in indices {
          let normalized = (Double(x[index]) - mean) / (variance + 1e-3).squareRoot()
          let value = normalized * Double(gamma[channel]) + Double(beta[channel])
          expected[index] = value > 0 ? value : Double(sizes.slope) * value
        }
      }
    }
    expectClose(features, shape: sizes.shape, expected)
    expectClose(statistics.mean, shape: [sizes.groups, channels], means)
    expectClose(statistics.variance, shape: [sizes.groups, channels], variances)
    #expect(statistics.count == rows * (sizes.replicas?.replicaCount ?? 1))
  }

  @Test("gradients for features, gamma and beta, and their gradients", arguments: cases)
  func gradients(_ sizes: Case) {
    checkGradients(at: Self.points(sizes.shape), step: 1 / 64) {
      $0[0].batchNormalized(
        gamma: $0[1], beta: $0[2], epsilon: 1e-3, groups: sizes.groups, slope: sizes.slope,
        replicas: sizes.replicas
      ).features
    }
  }

  @Test("gradients by given statistics, and their gradients", arguments: [Float(0.2), 1])
  func givenStatistics(slope: Float) {
    checkGradients(at: Self.points([6, 5, 3]), step: 1 / 64) {
      $0[0].normalized(scale: $0[1], shift: $0[2], slope: slope)
    }
  }

  @Test("layers that share gamma and beta, one behind the other")
  func sharedParameters() {
    // The second layer's features depend on gamma by way of the first's.
    checkGradients(at: Self.points([8, 3]), step: 1 / 64) { inputs in
      let first = inputs[0].batchNormalized(gamma: inputs[1], beta: inputs[2], epsilon: 1e-3)
      return (first.features * 1.5).tanh()
        .batchNormalized(gamma: inputs[1], beta: inputs[2], epsilon: 1e-3).features
    }
  }

  @Test("a large mean does not drown the variance")
  func largeMean() {
    let x = signedProbe([64, 4], 7)
    let ones = Tensor(repeating: 1, shape: [4])
    let zeros = Tensor(repeating: 0, shape: [4])
    let near = x.batchNormalized(gamma: ones, beta: zeros, epsilon: 1e-5).statistics.variance
    let far = (x + 1000).batchNormalized(gamma: ones, beta: zeros, epsilon: 1e-5)
      .statistics.variance
    #expect(distance(near, far) < 1e-3 * length(near))
  }

  @Test(
    "one pass finds the moments as exactly as two, in blocks and spans of any size",
    arguments: [[7, 5], [64, 16], [129, 67], [4100, 33], [300, 512]])
  func moments(_ shape: [Int]) {
    let (rows, channels) = (shape[0], shape[1])
    // Means up to a hundred deviations away, and a drift down the rows.
    let noise = signedProbe(shape, 9).scalars
    let x = noise.enumerated().map { index, noise in
      noise + Float(index % channels - channels / 2) * 100 / Float(channels)
        + Float(index / channels) / Float(rows)
    }
    let (_, statistics) = Tensor(shape: shape, x).batchNormalized(
      gamma: Tensor(repeating: 1, shape: [channels]),
      beta: Tensor(repeating: 0, shape: [channels]), epsilon: 1e-5)
    let (means, variances) = (statistics.mean.scalars, statistics.variance.scalars)
    for channel in 0..<channels {
      let column = stride(from: channel, to: x.count, by: channels).map { Double(x[$0]) }
      let mean = column.reduce(0, +) / Double(rows)
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
      // The definition in float32: a mean, then the squares around it.
      let single = stride(from: channel, to: x.count, by: channels).map { x[$0] }
      let singleMean = single.reduce(0, +) / Float(rows)
      let singleVariance =
        single.reduce(0) { $0 + ($1 - singleMean) * ($1 - singleMean) } / Float(rows)
      #expect(
        abs(Double(means[channel]) - mean)
          <= max(abs(Double(singleMean) - mean), 3e-7 * abs(mean) + 1e-7))
      #expect(
        abs(Double(variances[channel]) - variance)
          <= max(abs(Double(singleVariance) - variance), 1e-6 * variance))
    }
  }

  @Test("two replicas of half a batch compute what one of the whole batch does")
  func halves() async {
    let points = Self.points([8, 2, 2, 3])
    let upstream = probe([8, 2, 2, 3], 8)
    let expected = Self.passes(points, upstream, replicas: nil)
    let exchange = Exchange()
    let halves = await withTaskGroup(of: (Int, [Tensor]).self) { group in
      for half in 0..<2 {
        group.addTask {
          await withCheckedContinuation { continuation in
            // Threads, since a replica that waits for the other must not hold a task's thread.
            Thread.detachNewThread {
              let rows = half * 4..<half * 4 + 4
              let mine = [points[0].sliced(rows)] + points[1...]
              continuation.resume(
                returning: (half, Self.passes(mine, upstream.sliced(rows), replicas: exchange)))
            }
          }
        }
      }
      return await group.reduce(into: [Int: [Tensor]]()) { $0[$1.0] = $1.1 }
    }
    guard let first = halves[0], let second = halves[1] else {
      Issue.record("a replica did not answer")
      return
    }
    for (index, whole) in expected.enumerated() {
      // What belongs to pictures is divided between replicas; what belongs to weights adds up.
      let combined =
        whole.shape == points[0].shape
        ? Tensor.concatenated([first[index], second[index]]) : first[index] + second[index]
      #expect(distance(combined, whole) < 1e-4 * max(1, length(whole)))
    }
  }

  /// Returns the features, their gradients, and the gradients of those gradients' penalty.
  private static func passes(
    _ points: [Tensor], _ upstream: Tensor, replicas: (any ReplicaSum)?
  ) -> [Tensor] {
    let variables = points.map { $0.variable() }
    let features = variables[0].batchNormalized(
      gamma: variables[1], beta: variables[2], epsilon: 1e-3, slope: 0.2, replicas: replicas
    ).features
    let quick = gradient(of: features, withRespectTo: variables, upstream: upstream)
    let slope = gradient(
      of: features, withRespectTo: [variables[0]], upstream: upstream, differentiable: true)[0]
    let penalty = gradient(of: slope.squared().sum(), withRespectTo: variables)
    return [features.detached] + quick + penalty
  }

  /// Returns features on both sides of zero, far enough from it for a rectifier, gamma and beta.
  private static func points(_ shape: [Int]) -> [Tensor] {
    let channels = shape[shape.count - 1]
    let magnitudes = probe(shape, 1, in: 1...1.75).scalars
    let features = magnitudes.enumerated().map { index, magnitude in
      (index / channels + index % channels) % 2 == 0 ? magnitude : -magnitude
    }
    return [
      Tensor(shape: shape, features), signedProbe([channels], 2, magnitudes: 0.75...1.5),
      signedProbe([channels], 3, magnitudes: 0.0625...0.125),
    ]
  }
}

/// A sum over replicas that all hold what this one holds.
struct CopiesOfThisReplica: ReplicaSum {
  let replicaCount: Int

  func sum(_ buffer: UnsafeMutableBufferPointer<Float>) {
    for index in buffer.indices { buffer[index] *= Float(replicaCount) }
  }
}

/// A sum over two replicas, each on its own thread.
private final class Exchange: ReplicaSum, @unchecked Sendable {
  let replicaCount = 2
  private let condition = NSCondition()
  private var waiting: [Float]?
  private var total: [Float]?

  func sum(_ buffer: UnsafeMutableBufferPointer<Float>) {
    condition.lock()
    defer { condition.unlock() }
    // A total that is still there belongs to the replica that has yet to collect it.
    while total != nil { condition.wait() }
    if let other = waiting {
      let sums = zip(other, buffer).map { $0 + $1 }
      (waiting, total) = (nil, sums)
      _ = buffer.update(from: sums)
      condition.broadcast()
    } else {
      waiting = Array(buffer)
      while total == nil { condition.wait() }
      _ = buffer.update(from: total ?? [])
      total = nil
      condition.broadcast()
    }
  }
}
