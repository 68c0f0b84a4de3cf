import Tensors
import Testing

/// Operations that are large enough to be shared out among threads.
@Suite("Independence of the number of threads", .serialized)
struct ThreadIndependenceTests {
  struct Operation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let results: @Sendable () -> [Tensor]

    init(_ description: String, _ results: @escaping @Sendable () -> [Tensor]) {
      (testDescription, self.results) = (description, results)
    }
  }

  static let operations = [
    Operation("elementwise") {
      let (a, b) = (signedProbe([61, 37, 43], 1), signedProbe([43], 2))
      return [a * b, b - a, a / a, a * 3 + 1, b.broadcast(to: a.shape)]
    },
    Operation("narrow rows") { [signedProbe([50_001, 3], 1) + signedProbe([3], 2)] },
    Operation("functions") {
      let x = signedProbe([100_003], 1)
      return [x.tanh(), x.sigmoid(), x.softplus(), x.exp(), x.leakyReLU(slope: 0.2)]
    },
    Operation("dropout") {
      let stream = RandomStream(seed: 1, purpose: .dropout)
      return [
        signedProbe([9, 12_345], 1)
          .droppedOut(rate: 0.25, by: stream, step: 5, samples: Array(3..<12))
      ]
    },
    Operation("rearrangements") {
      let x = signedProbe([6, 20, 30, 43], 1)
      return [
        x.permuted(0, 1, 3, 2), x.permuted(3, 2, 0, 1), x.sliced(3..<40, alongAxis: 3),
        x.padded(alongAxis: 1, before: 1, after: 2), .concatenated([x, x], alongAxis: 2),
        x.upsampled(by: 2),
      ]
    },
    Operation("sums") {
      let x = signedProbe([31, 70, 67], 1)
      return [
        x.sum(), x.sum(alongAxes: 0), x.sum(alongAxes: 1), x.sum(alongAxes: 2),
        x.sum(alongAxes: 0, 1), signedProbe([50_001, 3], 1).sum(alongAxes: 0),
        signedProbe([5, 50_001], 1).sum(alongAxes: 0),
        signedProbe([20_001, 3], 1).sum(alongAxes: 0),
      ]
    },
    Operation("batch normalisation") {
      let variables = [signedProbe([6, 33, 29, 37], 1), probe([37], 2), probe([37], 3)]
        .map { $0.variable() }
      let (features, statistics) = variables[0].batchNormalized(
        gamma: variables[1], beta: variables[2], epsilon: 1e-3, groups: 2, slope: 0.2)
      return [features.detached, statistics.mean, statistics.variance]
        + gradient(
          of: features, withRespectTo: variables, upstream: signedProbe(features.shape, 4))
    },
    Operation("normalisation of pixels and samples") {
      let variables = [signedProbe([6, 33, 29, 37], 1), probe([37], 2), probe([37], 3)]
        .map { $0.variable() }
      let samples = variables[0].layerNormalized(
        gamma: variables[1], beta: variables[2], epsilon: 1e-3, slope: 0.2)
      let pixels = variables[0].pixelNormalized(epsilon: 1e-8)
      let upstream = signedProbe(samples.shape, 4)
      return [samples.detached, pixels.detached]
        + gradient(of: samples, withRespectTo: variables, upstream: upstream)
        + gradient(of: pixels, withRespectTo: [variables[0]], upstream: upstream)
    },
    Operation("spectral normalisation") {
      [3, 2].flatMap { axis in
        let weights = signedProbe([4, 4, 90, 70], 1).variable()
        let (normalized, u) = weights.spectrallyNormalized(
          outputAxis: axis, u: probe([weights.shape[axis]], 2), iterating: true)
        return [normalized.detached, u]
          + gradient(
            of: normalized, withRespectTo: [weights], upstream: signedProbe(weights.shape, 3))
      }
    },
    Operation("attention and softmax") {
      let variables = [probe([5, 300, 8], 1), probe([5, 75, 8], 2), probe([5, 75, 32], 3)]
        .map { $0.variable() }
      let seen = variables[0].attended(keys: variables[1], values: variables[2])
      return [seen.detached, signedProbe([900, 61], 4).softmax()]
        + gradient(of: seen, withRespectTo: variables, upstream: signedProbe(seen.shape, 5))
    },
    Operation("pooling and translation") {
      let x = signedProbe([9, 20, 30, 43], 1)
      let offsets = (0..<9).map { PixelOffset(down: $0 - 4, right: 3 - $0) }
      return [x.maxPooled(by: 2), x.averagePooled(by: 2), x.translated(by: offsets)]
    },
    Operation("buffers") {
      let buffer = TensorBuffer(shapes: [[300_007], [5]])
      buffer.store([signedProbe([300_007], 1), signedProbe([5], 2)])
      let norm = Tensor(buffer.norm)
      buffer.clip(to: 0.5)
      return [norm] + buffer.tensors
    },
    Operation("matrix products") {
      [
        probe([17, 20_000], 1).matrixProduct(probe([20_000, 9], 2)),
        probe([7, 300, 20], 3).matrixProduct(probe([7, 20, 30], 4)),
      ]
    },
  ]

  @Test("rows are divided into spans by their number and width alone")
  func spans() {
    #expect(RowSpans(rows: 4100, width: 3).count == 1)
    #expect(RowSpans(rows: 64, width: 1 << 20).count == 1)
    #expect(RowSpans(rows: 4100, width: 33).count == 4)
    #expect(RowSpans(rows: 300, width: 512).count == 4)
    let spans = RowSpans(rows: 65_537, width: 64)
    #expect(spans.count == 64)
    #expect((0..<64).flatMap { Array(spans[$0]) } == Array(0..<65_537))
  }

  @Test("a buffer's norm and limits are those of its elements")
  func buffers() {
    let buffer = TensorBuffer(shapes: [[300_007], [0], [5]])
    let values = [signedProbe([300_007], 1), Tensor(shape: [0], []), signedProbe([5], 2)]
    buffer.store(values)
    let squares = values.reduce(0) { $0 + dot($1, $1) }
    #expect(abs(Double(buffer.norm) - squares.squareRoot()) < 1e-6 * squares.squareRoot())
    buffer.clip(to: 0.5)
    for (value, clipped) in zip(values, buffer.tensors) {
      #expect(clipped.scalars == value.scalars.map { min(max($0, -0.5), 0.5) })
    }
    #expect(TensorBuffer(shapes: []).norm == 0)
  }

  @Test("the results are the same, to the bit", arguments: operations)
  func bitIdentity(_ operation: Operation) {
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    ComputeThreads.count = 1
    let expected = operation.results().map(\.scalars)
    for threads in [2, 3, 7] {
      ComputeThreads.count = threads
      #expect(operation.results().map(\.scalars) == expected, "\(threads) threads")
    }
  }
}
