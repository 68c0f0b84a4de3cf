import Tensors

extension RandomStream.Purpose {
  static let imageOrder = RandomStream.Purpose(rawValue: 32)
  static let patchPositions = RandomStream.Purpose(rawValue: 33)
  static let directions = RandomStream.Purpose(rawValue: 34)
  static let subsets = RandomStream.Purpose(rawValue: 35)
  static let randomFilters = RandomStream.Purpose(rawValue: 36)
}

/// Random choices without replacement.
struct RandomOrder {
  private let stream: RandomStream
  /// Tells the choices of one stream apart.
  private let step: UInt64

  init(seed: UInt64, purpose: RandomStream.Purpose, step: UInt64 = 0) {
    stream = RandomStream(seed: seed, purpose: purpose)
    self.step = step
  }

  /// Returns a permutation of `0..<count`.
  func permutation(of count: Int) -> [Int] { choice(of: count, from: count) }

  /// Returns `wanted` different numbers below `count`, in random order, all choices equally likely:
  /// the first steps of the shuffle of Fisher and Yates.
  func choice(of wanted: Int, from count: Int) -> [Int] {
    precondition(wanted <= count && count <= Int(UInt32.max), "\(wanted) of \(count) numbers")
    var numbers = Array(0..<count)
    for place in 0..<wanted {
      // A place has words of its own, so that a choice of fewer begins a choice of more.
      var sample: UInt32 = 0
      let offset = RandomStream.number(below: UInt32(count - place)) {
        defer { sample += 1 }
        return stream.words(step: step, sample: sample, block: UInt32(place)).0
      }
      numbers.swapAt(place, place + Int(offset))
    }
    return Array(numbers.prefix(wanted))
  }
}
