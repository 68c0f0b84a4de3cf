import Foundation
import Tensors

/// A rank's share of one batch of real portraits.
public struct PortraitBatch: Sendable {
  /// The augmented images, `[samples.count, size, size, 3]`, in the loader's pixel range.
  public let images: Tensor
  /// Where each image stands in the global order.
  public let samples: [Sample]
}

/// Makes a rank's batches ahead of time on a thread of its own, so that loading overlaps training.
///
/// At most `depth` batches that nobody has taken exist at any time. The thread ends with `stop()`
/// or with the loader, whichever comes first.
public final class PortraitLoader: Sendable {
  private let queue: BatchQueue

  /// Starts loading the batches of `rank` out of `size` ranks from number `startingAtStep` on.
  ///
  /// - Parameters:
  ///   - source: Where the images come from; the sampler must order as many.
  ///   - sampler: The global order.
  ///   - augmentation: How images are varied.
  ///   - seed: The seed of the augmentation.
  ///   - pixelRange: The interval that pixel values are mapped to.
  ///   - depth: The largest number of batches kept ready.
  public init(
    source: any PortraitSource, sampler: Sampler, augmentation: Augmentation, seed: UInt64,
    pixelRange: PixelRange, rank: Int, size: Int, startingAtStep firstStep: Int = 0,
    depth: Int = 1
  ) {
    precondition(
      sampler.count == source.count,
      "The sampler orders \(sampler.count) images, the source has \(source.count).")
    precondition(
      sampler.globalBatch % size == 0,
      "A batch of \(sampler.globalBatch) cannot be split evenly among \(size) ranks.")
    precondition(depth > 0, "A loader keeps at least one batch.")
    let queue = BatchQueue(depth: depth)
    self.queue = queue
    let thread = Thread {
      var sampler = sampler
      var step = firstStep
      while queue.waitForRoom() {
        let samples = sampler.samples(step: step, rank: rank, of: size)
        queue.append(
          PortraitBatch(
            samples: samples, source: source, augmentation: augmentation, seed: seed,
            pixelRange: pixelRange))
        step += 1
      }
      queue.producerEnded()
    }
    thread.name = "portrait loader"
    thread.start()
  }

  deinit { queue.close() }

  /// Returns the next batch, waiting for it if it is not ready.
  ///
  /// A stopped loader has no next batch: calling this after `stop()` is a programmer error.
  public func next() -> PortraitBatch { queue.removeFirst() }

  /// Ends the loading thread and returns when it has ended; batches not taken are dropped.
  public func stop() { queue.close() }
}

extension PortraitBatch {
  /// Reads and varies the images of `samples`.
  init(
    samples: [Sample], source: any PortraitSource, augmentation: Augmentation, seed: UInt64,
    pixelRange: PixelRange
  ) {
    let imageCount = source.bytesPerImage
    self.samples = samples
    images = Tensor(shape: [samples.count, source.imageSize, source.imageSize, 3]) { output in
      for (place, sample) in samples.enumerated() {
        let variation = augmentation.variation(seed: seed, position: sample.position)
        source.withPixels(of: sample.imageIndex) { image in
          variation.apply(
            to: image, size: source.imageSize, range: pixelRange,
            into: UnsafeMutableBufferPointer(
              rebasing: output[place * imageCount..<(place + 1) * imageCount]))
        }
      }
    }
  }
}

/// A queue between the loading thread and the one that trains; both sleep while they wait.
private final class BatchQueue: @unchecked Sendable {
  // Everything below is read and written only while `condition` is locked.
  private let condition = NSCondition()
  private let depth: Int
  private var ready: [PortraitBatch] = []
  private var isClosed = false
  private var hasProducerEnded = false

  init(depth: Int) {
    self.depth = depth
  }

  /// Waits until another batch may be made; returns false when no more are wanted.
  func waitForRoom() -> Bool {
    condition.withLock {
      while !isClosed && ready.count >= depth { condition.wait() }
      return !isClosed
    }
  }

  func append(_ batch: PortraitBatch) {
    condition.withLock {
      if !isClosed { ready.append(batch) }
      condition.broadcast()
    }
  }

  func removeFirst() -> PortraitBatch {
    condition.withLock {
      while !isClosed && ready.isEmpty { condition.wait() }
      precondition(!isClosed, "A stopped loader has no next batch.")
      condition.broadcast()
      return ready.removeFirst()
    }
  }

  func producerEnded() {
    condition.withLock {
      hasProducerEnded = true
      condition.broadcast()
    }
  }

  /// Drops all batches and waits until the producer has ended.
  func close() {
    condition.withLock {
      isClosed = true
      ready = []
      condition.broadcast()
      while !hasProducerEnded { condition.wait() }
    }
  }
}
