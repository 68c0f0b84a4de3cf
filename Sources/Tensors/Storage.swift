import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A 64-byte-aligned block of float32 numbers, taken from the pool and given back at its end.
///
/// Page faults on fresh memory cost as much as the arithmetic of a small layer, so blocks are
/// kept and reused: after the first training step no large block is allocated.
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  private let sizeClass: Int

  init(count: Int) {
    self.count = count
    sizeClass = StoragePool.sizeClass(for: count)
    pointer = StoragePool.take(sizeClass)
  }

  deinit {
    StoragePool.give(pointer, sizeClass)
  }
}

/// What the storage pool holds, in bytes.
public struct StorageStatistics: Sendable {
  /// Bytes in tensors that are alive.
  public internal(set) var bytesInUse = 0
  /// The largest value `bytesInUse` ever had.
  public internal(set) var peakBytesInUse = 0
  /// Bytes obtained from the system and never given back.
  public internal(set) var bytesAllocated = 0

  /// The statistics of this process at this moment.
  public static var current: StorageStatistics { StoragePool.statistics }
}

private enum StoragePool {
  private struct State {
    var free: [Int: [UInt]] = [:]
    var statistics = StorageStatistics()
  }

  private static let state = Mutex(State())

  /// Where the system is asked to back a block with huge pages.
  private static let hugeBlock = 1 << 20

  static var statistics: StorageStatistics { state.withLock { $0.statistics } }

  /// Returns a number of floats not less than `count`, from a ladder of eight steps an octave, so
  /// that blocks of nearly the same size can stand in for each other.
  static func sizeClass(for count: Int) -> Int {
    guard count > 128 else { return 128 }
    let step = max(16, 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount - 3))
    return (count + step - 1) / step * step
  }

  static func take(_ sizeClass: Int) -> UnsafeMutablePointer<Float> {
    let bytes = sizeClass * MemoryLayout<Float>.stride
    let reused = state.withLock { state -> UInt? in
      state.statistics.bytesInUse += bytes
      state.statistics.peakBytesInUse = max(
        state.statistics.peakBytesInUse, state.statistics.bytesInUse)
      if let block = state.free[sizeClass]?.popLast() { return block }
      state.statistics.bytesAllocated += bytes
      return nil
    }
    if let reused, let pointer = UnsafeMutablePointer<Float>(bitPattern: reused) { return pointer }
    let alignment = bytes >= hugeBlock ? hugeBlock * 2 : 64
    var block: UnsafeMutableRawPointer?
    guard posix_memalign(&block, alignment, bytes) == 0, let block else {
      preconditionFailure("out of memory: \(bytes) bytes could not be allocated")
    }
    #if os(Linux)
      if bytes >= hugeBlock { madvise(block, bytes, MADV_HUGEPAGE) }
    #endif
    return block.bindMemory(to: Float.self, capacity: sizeClass)
  }

  static func give(_ pointer: UnsafeMutablePointer<Float>, _ sizeClass: Int) {
    state.withLock { state in
      state.statistics.bytesInUse -= sizeClass * MemoryLayout<Float>.stride
      state.free[sizeClass, default: []].append(UInt(bitPattern: pointer))
    }
  }
}
