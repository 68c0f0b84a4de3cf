import Portraits
import Testing

@Suite("The sampler")
struct SamplerTests {
  /// The image indices of the first `steps` steps over all ranks, in the global order.
  private func globalOrder(count: Int, batch: Int, ranks: Int, steps: Int) -> [Int] {
    var samplers = (0..<ranks).map { _ in Sampler(count: count, globalBatch: batch, seed: 11) }
    return (0..<steps).flatMap { step in
      var images = [Int](repeating: -1, count: batch)
      for rank in 0..<ranks {
        for sample in samplers[rank].samples(step: step, rank: rank, of: ranks) {
          #expect(images[sample.indexInBatch] == -1, "no place of the batch is taken twice")
          images[sample.indexInBatch] = sample.imageIndex
        }
      }
      return images
    }
  }

  @Test(
    "each image is used exactly once an epoch over all ranks",
    arguments: [(12, 4), (13, 4), (7, 8), (3, 64), (1, 4), (1000, 16)], [1, 2, 4])
  func coverage(sizes: (count: Int, batch: Int), ranks: Int) {
    let epochs = 3
    let steps = (epochs * sizes.count + sizes.batch - 1) / sizes.batch
    let order = globalOrder(count: sizes.count, batch: sizes.batch, ranks: ranks, steps: steps)
    for epoch in 0..<epochs {
      let images = order[epoch * sizes.count..<(epoch + 1) * sizes.count]
      #expect(images.sorted() == Array(0..<sizes.count))
    }
  }

  @Test(
    "the global order is the same for any number of ranks",
    arguments: [(13, 4), (7, 12), (100, 20)])
  func rankInvariance(count: Int, batch: Int) {
    let alone = globalOrder(count: count, batch: batch, ranks: 1, steps: 20)
    for ranks in [2, 4] {
      #expect(globalOrder(count: count, batch: batch, ranks: ranks, steps: 20) == alone)
    }
  }

  @Test("a position belongs to the rank that is its remainder, even if ranks do not divide a batch")
  func ownership() {
    var sampler = Sampler(count: 10, globalBatch: 7, seed: 1)
    for step in 0..<6 {
      for rank in 0..<3 {
        for sample in sampler.samples(step: step, rank: rank, of: 3) {
          #expect(sample.position % 3 == UInt64(rank))
          #expect(sample.position == UInt64(step * 7 + sample.indexInBatch))
        }
      }
    }
  }

  @Test("steps may be asked for in any order")
  func anyOrder() {
    var forwards = Sampler(count: 10, globalBatch: 4, seed: 5)
    var backwards = forwards
    let steps = 0..<12
    let expected = steps.map { forwards.samples(step: $0, rank: 0, of: 1) }
    let actual = steps.reversed().map { backwards.samples(step: $0, rank: 0, of: 1) }
    #expect(actual.reversed() == expected)
  }

  @Test("epochs and seeds have permutations of their own")
  func variety() {
    func epoch(_ epoch: Int, seed: UInt64) -> [Int] {
      var sampler = Sampler(count: 50, globalBatch: 50, seed: seed)
      return sampler.samples(step: epoch, rank: 0, of: 1).map(\.imageIndex)
    }
    #expect(epoch(0, seed: 1) != epoch(1, seed: 1))
    #expect(epoch(0, seed: 1) != epoch(0, seed: 2))
    #expect(epoch(3, seed: 2) == epoch(3, seed: 2))
  }

  @Test("all permutations are equally likely")
  func uniformity() {
    let epochs = 12_000
    var sampler = Sampler(count: 4, globalBatch: 4, seed: 99)
    var frequencies: [[Int]: Int] = [:]
    for epoch in 0..<epochs {
      frequencies[sampler.samples(step: epoch, rank: 0, of: 1).map(\.imageIndex), default: 0] += 1
    }
    #expect(frequencies.count == 24)
    let expected = Double(epochs) / 24
    let chiSquare = frequencies.values.reduce(0) { sum, frequency in
      sum + (Double(frequency) - expected) * (Double(frequency) - expected) / expected
    }
    // The 99.9th percentile of chi-square with 23 degrees of freedom is 49.7.
    #expect(chiSquare < 49.7)
  }
}
