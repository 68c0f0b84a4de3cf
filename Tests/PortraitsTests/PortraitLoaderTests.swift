import Foundation
import Portraits
import Testing

@Suite("The portrait loader")
struct PortraitLoaderTests {
  private let source = patternedPortraits(count: 10, size: 6)
  private let sampler = Sampler(count: 10, globalBatch: 4, seed: 21)
  private let augmentation = Augmentation(flip: true, rotation: 10, scaling: 0.1)

  private func loader(
    rank: Int = 0, of size: Int = 1, startingAtStep step: Int = 0, depth: Int = 2,
    source: (any PortraitSource)? = nil
  ) -> PortraitLoader {
    PortraitLoader(
      source: source ?? self.source, sampler: sampler, augmentation: augmentation, seed: 21,
      pixelRange: .minusOneToOne, rank: rank, size: size, startingAtStep: step, depth: depth)
  }

  @Test("batches are what sampler, source and augmentation give when asked directly")
  func directComputation() {
    let loader = loader(rank: 1, of: 2, startingAtStep: 3)
    var sampler = sampler
    for step in 3..<12 {
      let batch = loader.next()
      let samples = sampler.samples(step: step, rank: 1, of: 2)
      #expect(batch.samples == samples)
      #expect(batch.images.scalars == samples.flatMap(pixels))
    }
    loader.stop()
  }

  private func pixels(of sample: Sample) -> [Float] {
    let variation = augmentation.variation(seed: 21, position: sample.position)
    var output = [Float](repeating: 0, count: source.bytesPerImage)
    source.withPixels(of: sample.imageIndex) { image in
      output.withUnsafeMutableBufferPointer {
        variation.apply(to: image, size: 6, range: .minusOneToOne, into: $0)
      }
    }
    return output
  }

  @Test("the ranks' batches together are the batch of one rank", arguments: [2, 4])
  func rankInvariance(ranks: Int) {
    let alone = loader()
    let together = (0..<ranks).map { loader(rank: $0, of: ranks) }
    for _ in 0..<8 {
      let whole = alone.next()
      let shares = together.map { $0.next() }
      for share in shares {
        for (place, sample) in share.samples.enumerated() {
          let pixels = share.images.scalars[place * 108..<(place + 1) * 108]
          #expect(whole.samples[sample.indexInBatch] == sample)
          #expect(
            whole.images.scalars[sample.indexInBatch * 108..<(sample.indexInBatch + 1) * 108]
              == pixels)
        }
      }
      #expect(shares.map(\.samples.count) == Array(repeating: 4 / ranks, count: ranks))
    }
  }

  @Test("as many batches as asked for are made ahead, and no more", arguments: [1, 2, 3])
  func depth(depth: Int) {
    let counting = CountingPortraits(source)
    let loader = loader(depth: depth, source: counting)
    for taken in 0..<10 {
      #expect(counting.waitForReads((taken + depth) * 4) == (taken + depth) * 4)
      _ = loader.next()
    }
    loader.stop()
    let reads = counting.waitForReads(0)
    #expect(reads <= (10 + depth) * 4)
    loader.stop()
    #expect(counting.waitForReads(0) == reads, "nothing is loaded after the loader has stopped")
  }

  @Test("a loader that is stopped or dropped at once ends its thread")
  func promptEnd() {
    for isStopped in [true, false] {
      for taken in 0..<4 {
        // A thread that goes on keeps its portraits.
        weak var portraits: CountingPortraits?
        do {
          let counting = CountingPortraits(source)
          portraits = counting
          let loader = loader(source: counting)
          for _ in 0..<taken { _ = loader.next() }
          if isStopped { loader.stop() }
        }
        for _ in 0..<3000 where portraits != nil { usleep(10_000) }
        #expect(portraits == nil, "stopped: \(isStopped), \(taken) batches taken")
      }
    }
  }
}

/// Portraits that count how often they are read.
private final class CountingPortraits: PortraitSource, @unchecked Sendable {
  private let portraits: InMemoryPortraits
  private let condition = NSCondition()
  private var reads = 0

  init(_ portraits: InMemoryPortraits) { self.portraits = portraits }

  var count: Int { portraits.count }
  var imageSize: Int { portraits.imageSize }
  var labels: [String] { portraits.labels }
  var contentDigest: ContentDigest { portraits.contentDigest }

  func label(of index: Int) -> Int { portraits.label(of: index) }

  func withPixels<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    condition.withLock {
      reads += 1
      condition.broadcast()
    }
    return try portraits.withPixels(of: index, body)
  }

  /// Waits until there were `expected` reads or more, and returns how many there were.
  func waitForReads(_ expected: Int) -> Int {
    condition.withLock {
      while reads < expected { condition.wait() }
      return reads
    }
  }
}
