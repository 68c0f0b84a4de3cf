import Tensors
import Testing

@Suite("Random streams")
struct RandomStreamTests {
  @Test("numbers depend on purpose, step, sample and block, and on nothing else")
  func identity() {
    let stream = RandomStream(seed: 7, purpose: .shuffle)
    #expect(
      stream.words(step: 3, sample: 5, block: 1) == stream.words(step: 3, sample: 5, block: 1))
    #expect(
      stream.words(step: 3, sample: 5, block: 1) != stream.words(step: 4, sample: 5, block: 1))
    #expect(
      stream.words(step: 3, sample: 5, block: 1) != stream.words(step: 3, sample: 6, block: 1))
    #expect(
      stream.words(step: 3) != RandomStream(seed: 7, purpose: .painting).words(step: 3))
  }
}
