#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Blocks of memory of any size, cut from ranges that grow together again when neighbours are given
/// back.
///
/// The heap lies in one reserved stretch of addresses and grows at its end only, by as much as is
/// missing: so what it obtains from the system stays close to what is in use at the same time.
struct BlockHeap {
  private struct FreeRange {
    var start: UInt
    var bytes: Int
    var end: UInt { start + UInt(bytes) }
  }

  /// Bytes obtained from the system.
  private(set) var bytesObtained = 0

  /// In the order of their addresses; no two of them touch.
  private var free: [FreeRange] = []
  /// Where the memory obtained ends, and the addresses reserved.
  private var frontier: UInt = 0
  private var reservedEnd: UInt = 0

  #if canImport(Glibc)
    private static let addressSpace = __rlimit_resource_t(RLIMIT_AS.rawValue)
  #else
    private static let addressSpace = RLIMIT_AS
  #endif

  /// Memory is obtained in huge pages, where the system has them.
  private static let hugePage = 1 << 21

  /// Returns the address of a block of `bytes`.
  mutating func take(_ bytes: Int) -> UInt {
    let index = bestFit(bytes) ?? grow(toHold: bytes)
    let address = free[index].start
    if free[index].bytes == bytes {
      free.remove(at: index)
    } else {
      free[index].start += UInt(bytes)
      free[index].bytes -= bytes
    }
    return address
  }

  /// Returns the address of a block of `bytes` that is soon given back.
  ///
  /// It is cut from the far end of the heap, so that it leaves no gap between blocks that stay.
  mutating func takeBriefly(_ bytes: Int) -> UInt {
    let index = free.lastIndex { $0.bytes >= bytes } ?? grow(toHold: bytes)
    free[index].bytes -= bytes
    let address = free[index].end
    if free[index].bytes == 0 { free.remove(at: index) }
    return address
  }

  /// Takes back a block.
  mutating func give(_ address: UInt, _ bytes: Int) {
    insert(FreeRange(start: address, bytes: bytes))
  }

  /// The smallest free range that holds `bytes`.
  private func bestFit(_ bytes: Int) -> Int? {
    var best: Int?
    for index in free.indices where free[index].bytes >= bytes {
      if let found = best, free[found].bytes <= free[index].bytes { continue }
      best = index
    }
    return best
  }

  /// Obtains as much memory as makes the last free range hold `bytes`, and returns its index.
  private mutating func grow(toHold bytes: Int) -> Int {
    let atFrontier = free.first { $0.end == frontier }?.bytes ?? 0
    var missing = roundedUp(bytes - atFrontier)
    if UInt(missing) > reservedEnd - frontier {
      reserve(atLeast: roundedUp(bytes))
      missing = roundedUp(bytes)
    }
    guard
      let start = UnsafeMutableRawPointer(bitPattern: frontier),
      mprotect(start, missing, PROT_READ | PROT_WRITE) == 0
    else { endOutOfMemory(missing: missing) }
    bytesObtained += missing
    frontier += UInt(missing)
    return insert(FreeRange(start: frontier - UInt(missing), bytes: missing))
  }

  /// Reserves addresses to grow into: for as much as this machine has memory, but no more than a
  /// quarter of what a limit on addresses (`ulimit -v`) lets the process have, which stacks, files
  /// and MPI need as well.
  private mutating func reserve(atLeast bytes: Int) {
    let memory = Int(sysconf(Int32(_SC_PHYS_PAGES))) * Int(getpagesize())
    var limit = rlimit()
    let isLimited = getrlimit(Self.addressSpace, &limit) == 0 && limit.rlim_cur < rlim_t(Int.max)
    var size = max(bytes, roundedUp(isLimited ? min(memory, Int(limit.rlim_cur) / 4) : memory))
    while true {
      let mapping = mmap(
        nil, size + Self.hugePage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      if let mapping, mapping != MAP_FAILED {
        frontier = UInt(roundedUp(Int(bitPattern: mapping)))
        reservedEnd = frontier + UInt(size)
        #if os(Linux)
          madvise(UnsafeMutableRawPointer(bitPattern: frontier), size, MADV_HUGEPAGE)
        #endif
        return
      }
      guard size > bytes else { endOutOfMemory(missing: bytes) }
      size = max(bytes, roundedUp(size / 2))
    }
  }

  /// Ends the process, which cannot compute on, with EX_UNAVAILABLE of sysexits.h. Nothing is done
  /// at the exit that could ask for memory once more.
  private func endOutOfMemory(missing bytes: Int) -> Never {
    let message = """
      out of memory: the system refused \(bytes >> 20) MiB for tensors, beside the \
      \(bytesObtained >> 20) MiB that they have; a smaller --batch-size or more ranks need less, and \
      `ulimit -a` shows the limits of this process

      """
    message.withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
    _exit(69)
  }

  /// Adds a free range, joined with those that it touches, and returns its index.
  @discardableResult
  private mutating func insert(_ range: FreeRange) -> Int {
    var (low, high) = (0, free.count)
    while low < high {
      let middle = (low + high) / 2
      if free[middle].start < range.start { low = middle + 1 } else { high = middle }
    }
    let joinsNext = low < free.count && range.end == free[low].start
    if low > 0, free[low - 1].end == range.start {
      free[low - 1].bytes += range.bytes + (joinsNext ? free[low].bytes : 0)
      if joinsNext { free.remove(at: low) }
      return low - 1
    }
    if joinsNext {
      free[low] = FreeRange(start: range.start, bytes: range.bytes + free[low].bytes)
    } else {
      free.insert(range, at: low)
    }
    return low
  }

  private func roundedUp(_ bytes: Int) -> Int {
    (bytes + Self.hugePage - 1) / Self.hugePage * Self.hugePage
  }
}
