import CLibFuzzer

/// The room that libFuzzer lends for a mutated input: the input at its start, its end being free.
public struct Mutation {
  /// All of the room.
  public let room: UnsafeMutableBufferPointer<UInt8>
  /// The number of bytes of the input.
  public private(set) var count: Int
  /// A random number that belongs to this mutation.
  public let seed: UInt32

  public init(
    _ start: UnsafeMutablePointer<UInt8>, count: Int, capacity: Int, seed: UInt32
  ) {
    room = UnsafeMutableBufferPointer(start: start, count: capacity)
    self.count = count
    self.seed = seed
  }

  /// Changes the input at random, as libFuzzer does it where nobody helps.
  public mutating func mutate() {
    count = LLVMFuzzerMutate(room.baseAddress, count, room.count)
  }

  /// Changes some bytes of the input at random, and moves what follows as they become more or
  /// fewer.
  ///
  /// - Returns: Where the changed bytes lie now.
  @discardableResult
  public mutating func mutate(_ range: Range<Int>) -> Range<Int> {
    let free = room.count - count
    var part = [UInt8](unsafeUninitializedCapacity: range.count + free) { part, count in
      _ = part.initialize(from: room[range])
      part[range.count...].initialize(repeating: 0)
      count = part.count
    }
    let partCount = part.withUnsafeMutableBufferPointer {
      LLVMFuzzerMutate($0.baseAddress, range.count, $0.count)
    }
    replace(range, with: part.prefix(partCount))
    return range.lowerBound..<range.lowerBound + partCount
  }

  /// Puts other bytes in the place of some, if there is room for them.
  public mutating func replace(_ range: Range<Int>, with bytes: some Collection<UInt8>) {
    guard count - range.count + bytes.count <= room.count else { return }
    let rest = Array(room[range.upperBound..<count])
    count = range.lowerBound
    for byte in [Array(bytes), rest].joined() {
      room[count] = byte
      count += 1
    }
  }
}
