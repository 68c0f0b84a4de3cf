import Synchronization

/// A 64-byte-aligned block of float32 numbers, taken from the pool and given back at its end.
///
/// Page faults on fresh memory cost as much as the arithmetic of a small layer, so memory is kept
/// and reused: after the first training step none is obtained from the system.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    pointer = StoragePool.take(count, isScratch: false)
  }

  /// Takes a block for the time of one operation; see ``withScratch(_:_:)`` as well.
  init(scratch count: Int) {
    self.count = count
    pointer = StoragePool.take(count, isScratch: true)
  }

  deinit {
    StoragePool.give(pointer, count)
  }
}

/// Calls `body` with a 64-byte-aligned block for `count` float32 numbers, which goes back to the
/// pool when it returns.
func withScratch(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
  let pointer = StoragePool.take(count, isScratch: true)
  defer { StoragePool.give(pointer, count) }
  body(pointer)
}

/// What the storage pool holds, in bytes.
public struct StorageStatistics: Sendable {
  /// Bytes in tensors that are alive.
  public internal(set) var bytesInUse = 0
  /// The largest value `bytesInUse` had since the start or the last ``resetPeak()``.
  public internal(set) var peakBytesInUse = 0
  /// Bytes obtained from the system and never given back.
  public internal(set) var bytesAllocated = 0

  /// The statistics of this process at this moment.
  public static var current: StorageStatistics { StoragePool.statistics }

  /// Lets ``peakBytesInUse`` start anew from what is in use now.
  public static func resetPeak() { StoragePool.resetPeak() }
}

/// The memory of all tensors: one list of free blocks for each small size, and a heap for the rest.
private enum StoragePool {
  private struct State {
    /// Addresses by size in bytes.
    var freeSmallBlocks: [Int: [UInt]] = [:]
    var heap = BlockHeap()
    var statistics = StorageStatistics()
  }

  private static let state = Mutex(State())

  /// Small blocks are numerous and short-lived. Apart from the others they leave no gaps among
  /// them, in which nothing large would fit.
  private static let largestSmallBlock = 1 << 15

  static var statistics: StorageStatistics { state.withLock { $0.statistics } }

  static func resetPeak() {
    state.withLock { $0.statistics.peakBytesInUse = $0.statistics.bytesInUse }
  }

  static func take(_ count: Int, isScratch: Bool) -> UnsafeMutablePointer<Float> {
    let bytes = blockSize(for: count)
    let address = state.withLock { state -> UInt in
      state.statistics.bytesInUse += bytes
      state.statistics.peakBytesInUse = max(
        state.statistics.peakBytesInUse, state.statistics.bytesInUse)
      guard bytes <= largestSmallBlock else {
        let address = isScratch ? state.heap.takeBriefly(bytes) : state.heap.take(bytes)
        state.statistics.bytesAllocated = state.heap.bytesObtained
        return address
      }
      if let address = state.freeSmallBlocks[bytes]?.popLast() { return address }
      // Carved out of the heap a few at a time, and never merged again.
      let batch = max(1, largestSmallBlock / bytes)
      let start = state.heap.take(batch * bytes)
      state.statistics.bytesAllocated = state.heap.bytesObtained
      state.freeSmallBlocks[bytes] = (1..<batch).map { start + UInt($0 * bytes) }
      return start
    }
    guard let pointer = UnsafeMutablePointer<Float>(bitPattern: address) else {
      preconditionFailure("a block at address zero")
    }
    return pointer
  }

  static func give(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
    let bytes = blockSize(for: count)
    let address = UInt(bitPattern: pointer)
    state.withLock { state in
      state.statistics.bytesInUse -= bytes
      if bytes <= largestSmallBlock {
        state.freeSmallBlocks[bytes, default: []].append(address)
      } else {
        state.heap.give(address, bytes)
      }
    }
  }

  /// Returns the bytes of a block for `count` floats: a power of two if that is small, else whole
  /// pages.
  private static func blockSize(for count: Int) -> Int {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    if bytes <= largestSmallBlock {
      return max(512, 1 << (Int.bitWidth - (bytes - 1).leadingZeroBitCount))
    }
    let page = 4096
    return (bytes + page - 1) / page * page
  }
}
