import CKernels
import Foundation
import Tensors
import Testing

@Suite("Random streams")
struct RandomStreamTests {
  @Test("Philox4x32-10 gives the words its authors publish")
  func knownAnswers() {
    // kat_vectors of Random123, the reference implementation of Salmon et al.
    let vectors: [(counter: [UInt32], key: [UInt32], words: [UInt32])] = [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [.max, .max, .max, .max], [.max, .max],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ]
    for vector in vectors {
      let word = ck_philox(vector.counter, vector.key).word
      #expect([word.0, word.1, word.2, word.3] == vector.words)
    }
  }

  @Test("a stream's key is its purpose enciphered by the seed")
  func derivation() {
    let seed: UInt64 = 0x0123_4567_89ab_cdef
    let key = ck_philox(
      [RandomStream.Purpose.painting.rawValue, 0, 0, 0], [0x89ab_cdef, 0x0123_4567]
    ).word
    let expected = ck_philox([3, 2, 0x5566_7788, 0x1122_3344], [key.0, key.1]).word
    let words = RandomStream(seed: seed, purpose: .painting)
      .words(step: 0x1122_3344_5566_7788, sample: 2, block: 3)
    #expect(words == expected)
  }

  @Test("numbers depend on seed, purpose, step, sample and block, and on nothing else")
  func identity() {
    let stream = RandomStream(seed: 7, purpose: .shuffle)
    let words = stream.words(step: 3, sample: 5, block: 1)
    #expect(
      words == RandomStream(seed: 7, purpose: .shuffle).words(step: 3, sample: 5, block: 1))
    for other in [
      stream.words(step: 4, sample: 5, block: 1), stream.words(step: 3, sample: 6, block: 1),
      stream.words(step: 3, sample: 5, block: 2),
      stream.words(step: 3 + 1 << 32, sample: 5, block: 1),
      RandomStream(seed: 7, purpose: .painting).words(step: 3, sample: 5, block: 1),
      RandomStream(seed: 8, purpose: .shuffle).words(step: 3, sample: 5, block: 1),
      RandomStream(seed: 7 + 1 << 32, purpose: .shuffle).words(step: 3, sample: 5, block: 1),
    ] {
      #expect(words != other)
    }
  }

  @Test("a number does not depend on how many are asked for")
  func prefixes() {
    let stream = RandomStream(seed: 1, purpose: .dropout)
    let (uniform, normal) = (numbers(stream, count: 101), numbers(stream, count: 101, normal: true))
    for count in 0..<10 {
      #expect(numbers(stream, count: count) == Array(uniform.prefix(count)))
      #expect(numbers(stream, count: count, normal: true) == Array(normal.prefix(count)))
    }
    let block = stream.words(step: 9, sample: 4, block: 25)
    #expect(uniform[100] == Float(block.0 >> 8) * 0x1p-24)
  }

  @Test("many words at a time are those of one block after the other")
  func vectors() {
    let key: [UInt32] = [0xa409_3822, 0xffff_fffe]
    let (sample, step): (UInt32, UInt64) = (.max, 0xfedc_ba98_7654_3210)
    for count in [1, 4, 16, 31, 32, 33, 1000] {
      var numbers = [Float](repeating: -1, count: count)
      ck_philox_uniform(&numbers, count, key, sample, step)
      let expected = (0..<count).map { index in
        let word = ck_philox([UInt32(index / 4), sample, 0x7654_3210, 0xfedc_ba98], key).word
        return Float([word.0, word.1, word.2, word.3][index % 4] >> 8) * 0x1p-24
      }
      #expect(numbers == expected)
    }
  }

  @Test("normal numbers are the Box-Muller transform of the uniform ones")
  func boxMuller() {
    let stream = RandomStream(seed: 3, purpose: .discriminatorLatents)
    let uniform = numbers(stream, count: 4096).map(Double.init)
    let expected = stride(from: 0, to: uniform.count, by: 2).flatMap { index -> [Double] in
      let radius = (-2 * log(1 - uniform[index])).squareRoot()
      let angle = 2 * Double.pi * uniform[index + 1]
      return [radius * cos(angle), radius * sin(angle)]
    }
    let normal = Tensor(shape: [4096], numbers(stream, count: 4096, normal: true))
    expectClose(normal, shape: [4096], expected, tolerance: 1e-6)
  }

  @Test("uniform numbers fill [0, 1) evenly")
  func uniformStatistics() {
    let x = numbers(RandomStream(seed: 5, purpose: .labels), count: 1 << 16)
    #expect(x.allSatisfy { 0 <= $0 && $0 < 1 })
    let mean = x.reduce(0) { $0 + Double($1) } / Double(x.count)
    let variance = x.reduce(0) { $0 + pow(Double($1) - 0.5, 2) } / Double(x.count)
    // Four standard errors, of numbers that are the same in every run.
    #expect(abs(mean - 0.5) < 4 * (1.0 / 12 / 65536).squareRoot())
    #expect(abs(variance - 1.0 / 12) < 4 * (1.0 / 180 / 65536).squareRoot())
    var bins = [Int](repeating: 0, count: 64)
    for value in x { bins[Int(value * 64)] += 1 }
    let chiSquared = bins.reduce(0) { $0 + pow(Double($1) - 1024, 2) / 1024 }
    #expect(chiSquared < 63 + 4 * (2.0 * 63).squareRoot())
  }

  @Test("normal numbers have the moments and the tails of the distribution")
  func normalStatistics() {
    let x = numbers(
      RandomStream(seed: 5, purpose: .generatorLatents), count: 1 << 16, normal: true)
    func moment(_ power: Double) -> Double {
      x.reduce(0) { $0 + pow(Double($1), power) } / Double(x.count)
    }
    // Four standard errors each: the variances of xᵏ are 1, 2, 15 and 96.
    for (power, expected, variance) in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)] {
      #expect(
        abs(moment(Double(power)) - Double(expected)) < 4 * (Double(variance) / 65536).squareRoot())
    }
    for (bound, probability) in [(1.0, 0.682_689), (2, 0.954_500), (3, 0.997_300)] {
      let share = Double(x.count { abs(Double($0)) < bound }) / Double(x.count)
      #expect(abs(share - probability) < 4 * (probability * (1 - probability) / 65536).squareRoot())
    }
    // The two numbers of one Box-Muller pair, and neighbouring pairs, are uncorrelated.
    for lag in 1...4 {
      let products = zip(x, x.dropFirst(lag)).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(products / Double(x.count)) < 4 / 256)
    }
  }

  private func numbers(_ stream: RandomStream, count: Int, normal: Bool = false) -> [Float] {
    Tensor(shape: [count]) { buffer in
      if normal {
        stream.fillNormal(buffer, step: 9, sample: 4)
      } else {
        stream.fillUniform(buffer, step: 9, sample: 4)
      }
    }.scalars
  }
}
