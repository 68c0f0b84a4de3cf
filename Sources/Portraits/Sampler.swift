import Tensors

/// One image of one batch: where it stands in the global order, and which image it is.
public struct Sample: Hashable, Sendable {
  /// The position in the endless stream of epochs; what random numbers for this sample key on.
  public let position: UInt64
  /// The place in the global batch, the same for any number of ranks.
  public let indexInBatch: Int
  /// The index of the image in the source.
  public let imageIndex: Int
}

/// The one global order of training images, whatever the number of ranks.
///
/// The order is an endless stream of epochs, each a permutation of all images. Step s, from 0,
/// takes the positions s·B ..< (s+1)·B, where B is the global batch, and position p belongs to
/// rank p mod size. Batches are therefore always full, may span epochs, and may be larger than the
/// data set. The samples are a function of the arguments only; the sampler merely remembers the
/// permutation it used last.
public struct Sampler: Sendable {
  /// The number of images.
  public let count: Int
  /// The number of samples of a step over all ranks.
  public let globalBatch: Int

  private let stream: RandomStream
  private var lastEpoch: Int?
  private var lastPermutation: [UInt32] = []

  /// Creates the order of `count` images under `seed`, in batches of `globalBatch`.
  public init(count: Int, globalBatch: Int, seed: UInt64) {
    precondition(count > 0 && count <= UInt32.max, "A sampler orders 1 to 2^32-1 images.")
    precondition(globalBatch > 0, "A batch has at least one sample.")
    self.count = count
    self.globalBatch = globalBatch
    stream = RandomStream(seed: seed, purpose: .shuffle)
  }

  /// Returns the samples of `rank` out of `size` ranks at `step`, in the global order.
  public mutating func samples(step: Int, rank: Int, of size: Int) -> [Sample] {
    precondition(step >= 0, "Steps count from 0.")
    precondition(size > 0 && (0..<size).contains(rank), "There is no rank \(rank) of \(size).")
    let start = UInt64(step) * UInt64(globalBatch)
    let ownersOffset = Int(start % UInt64(size))
    let first = (rank - ownersOffset + size) % size
    return stride(from: first, to: globalBatch, by: size).map { indexInBatch in
      let position = start + UInt64(indexInBatch)
      let (epoch, place) = position.quotientAndRemainder(dividingBy: UInt64(count))
      return Sample(
        position: position, indexInBatch: indexInBatch,
        imageIndex: Int(permutation(ofEpoch: Int(epoch))[Int(place)]))
    }
  }

  private mutating func permutation(ofEpoch epoch: Int) -> [UInt32] {
    if lastEpoch != epoch {
      lastPermutation = Self.permutation(of: count, epoch: epoch, stream: stream)
      lastEpoch = epoch
    }
    return lastPermutation
  }

  /// Returns a uniform permutation of 0 ..< `count` by the shuffle of Fisher and Yates.
  private static func permutation(of count: Int, epoch: Int, stream: RandomStream) -> [UInt32] {
    var words = WordSequence(stream: stream, step: UInt64(epoch))
    var order = Array(0..<UInt32(count))
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(RandomStream.number(below: UInt32(last) + 1) { words.next() }))
    }
    return order
  }
}

/// The random words of one step of a stream, one after the other.
private struct WordSequence {
  private let stream: RandomStream
  private let step: UInt64
  private var nextBlock: UInt32 = 0
  private var pending: [UInt32] = []

  init(stream: RandomStream, step: UInt64) {
    self.stream = stream
    self.step = step
  }

  mutating func next() -> UInt32 {
    if pending.isEmpty {
      let words = stream.words(step: step, block: nextBlock)
      pending = [words.3, words.2, words.1, words.0]
      nextBlock += 1
    }
    return pending.removeLast()
  }
}
