import Layers
import Tensors
import Testing

@Suite("Dropout and the noise of samples")
struct DropoutTests {
  private func noise(step: UInt64 = 3, phase: UInt8 = 0, _ samples: [UInt32]) -> SampleNoise {
    SampleNoise(seed: 7, step: step, phase: phase, samples: samples)
  }

  private let ones = Tensor(repeating: 1, shape: [8, 16, 16, 4])
  private let layer = SingleLayer { Dropout(rate: 0.25, in: &$0) }

  @Test("a quarter of the features becomes zero, and the others make up for it")
  func rate() {
    let features = layer.trained(ones, noise: noise(Array(0..<8))).scalars
    #expect(Set(features) == [0, 1 / 0.75])
    // Four standard deviations of a binomial proportion of 8192 trials.
    let dropped = Double(features.count { $0 == 0 }) / Double(features.count)
    #expect(abs(dropped - 0.25) < 4 * (0.25 * 0.75 / 8192).squareRoot())
  }

  @Test("inference, and a pass without noise, keep everything")
  func keepsEverything() {
    #expect(layer(ones).scalars == ones.scalars)
    #expect(layer.trained(ones, noise: nil).scalars == ones.scalars)
    let never = SingleLayer { Dropout(rate: 0, in: &$0) }
    #expect(never.trained(ones, noise: noise(Array(0..<8))).scalars == ones.scalars)
  }

  @Test("a sample has the same mask however the batch is split among ranks", arguments: [2, 4, 8])
  func split(ranks: Int) {
    let whole = layer.trained(ones, noise: noise(Array(0..<8)))
    for rank in 0..<ranks {
      let places = Array(stride(from: rank, to: 8, by: ranks))
      let share = layer.trained(
        ones.sliced(0..<places.count), noise: noise(places.map(UInt32.init)))
      for (row, place) in places.enumerated() {
        #expect(
          share.sliced(row..<row + 1).scalars == whole.sliced(place..<place + 1).scalars)
      }
    }
  }

  @Test("samples, steps, phases, layers and purposes have numbers of their own")
  func independence() {
    func mask(_ noise: SampleNoise) -> [Float] {
      layer.trained(ones.sliced(0..<1), noise: noise).scalars
    }
    let reference = mask(noise([0]))
    #expect(mask(noise([0])) == reference)
    #expect(mask(noise([1])) != reference)
    #expect(mask(noise(step: 4, [0])) != reference)
    #expect(mask(noise(phase: 1, [0])) != reference)
    let two = SingleLayer { layout in
      Sequential([Dropout(rate: 0.25, in: &layout), Dropout(rate: 0.25, in: &layout)])
    }
    // One mask twice would leave only 0 and the square of the scale.
    #expect(two.trained(ones, noise: noise(Array(0..<8))).scalars.count { $0 == 0 } > 3000)
    let latents = noise([0, 1]).normal(.generatorLatents, shape: [5])
    #expect(latents.shape == [2, 5])
    #expect(latents.scalars != noise([0, 1]).normal(.discriminatorLatents, shape: [5]).scalars)
  }
}
