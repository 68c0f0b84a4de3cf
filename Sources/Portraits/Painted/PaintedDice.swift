import Tensors

/// Random choices drawn one after another, for one portrait and one concern of it.
///
/// Sitter and painter draw from different concerns, so one more choice in the one does not change
/// the other.
struct PaintedDice {
  enum Concern: UInt32 {
    case sitter, painter
  }

  private let stream: RandomStream
  private let index: UInt64
  private let concern: Concern
  private var block: UInt32 = 0
  private var waiting: [UInt32] = []

  init(stream: RandomStream, index: Int, concern: Concern) {
    self.stream = stream
    self.index = UInt64(index)
    self.concern = concern
    waiting.reserveCapacity(4)
  }

  private mutating func word() -> UInt32 {
    if waiting.isEmpty {
      let words = stream.words(step: index, sample: concern.rawValue, block: block)
      waiting.append(words.0)
      waiting.append(words.1)
      waiting.append(words.2)
      waiting.append(words.3)
      block += 1
    }
    return waiting.removeLast()
  }

  /// A number uniform in `range`.
  mutating func number(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + Double(word()) / 4_294_967_296 * (range.upperBound - range.lowerBound)
  }

  /// A number near nought: the sum of two uniform ones, in `-reach...reach`.
  mutating func swing(_ reach: Double) -> Double {
    number(in: -reach / 2...reach / 2) + number(in: -reach / 2...reach / 2)
  }

  /// True with probability `chance`.
  mutating func happens(_ chance: Double) -> Bool {
    number(in: 0...1) < chance
  }

  /// One of `choices`, each as likely as the others.
  mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
    choices[integer(below: choices.count)]
  }

  /// A whole number, uniform in `0..<bound`.
  mutating func integer(below bound: Int) -> Int {
    Int((UInt64(word()) * UInt64(bound)) >> 32)
  }
}
