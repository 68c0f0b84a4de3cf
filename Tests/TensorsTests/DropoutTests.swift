import Tensors
import Testing

@Suite("Dropout")
struct DropoutTests {
  private static let stream = RandomStream(seed: 11, purpose: .dropout)
  private static let step: UInt64 = 0x1_0000_0207

  @Test(
    "elements whose uniform number is below the rate are dropped, the others scaled",
    arguments: [0, 0.25, 0.7, 1 - 0x1p-24] as [Float])
  func definition(rate: Float) {
    // Widths that are multiples of a vector, of a block of words, and of neither.
    for width in [1, 3, 16, 32, 77, 256] {
      let samples: [UInt32] = [5, 0, .max]
      let x = signedProbe([3, width], 1)
      let numbers = samples.flatMap { sample in
        Tensor(shape: [width]) {
          Self.stream.fillUniform($0, step: Self.step, sample: sample)
        }.scalars
      }
      let expected = zip(x.scalars, numbers).map { x, number in
        number >= rate ? x * (1 / (1 - rate)) : 0
      }
      let result = x.droppedOut(rate: rate, by: Self.stream, step: Self.step, samples: samples)
      #expect(result.shape == [3, width])
      #expect(result.scalars == expected)
    }
  }

  @Test("a sample loses the same elements in any company")
  func samples() {
    let x = signedProbe([4, 3, 7], 2)
    let all = x.droppedOut(rate: 0.5, by: Self.stream, step: 1, samples: [3, 1, 4, 2])
    for (index, sample) in [3, 1, 4, 2].enumerated() {
      let alone = x.sliced(index..<index + 1)
        .droppedOut(rate: 0.5, by: Self.stream, step: 1, samples: [UInt32(sample)])
      #expect(alone.scalars == all.sliced(index..<index + 1).scalars)
    }
  }

  @Test("gradients, and their gradients")
  func gradients() {
    checkGradients(at: [signedProbe([3, 2, 9], 3)]) {
      $0[0].squared().droppedOut(rate: 0.3, by: Self.stream, step: 2, samples: [7, 8, 9]).squared()
    }
  }

  @Test("what is dropped is dropped, even if it is infinite or not a number")
  func specials() {
    let x = Tensor(shape: [1, 4096], [Float](repeating: .infinity, count: 4096))
    let result = x.droppedOut(rate: 0.5, by: Self.stream, step: 3, samples: [0]).scalars
    #expect(result.allSatisfy { $0 == 0 || $0 == .infinity })
    #expect(abs(result.count { $0 == 0 } - 2048) < 4 * 32)
  }
}
