import FixtureSupport
import GANs
import Layers
import Tensors
import Testing

@Suite("Growing networks")
struct GrowthTests {
  private struct Networks {
    let gan: GAN
    let generator, discriminator: NetworkState
    let latents: Tensor

    init(_ model: ModelName) throws {
      gan = try model.makeGAN(ArchitectureOptions(imageSize: 64, featureMaps: 8))
      generator = NetworkState(layout: gan.generator.layout, seed: 2, network: 0)
      discriminator = NetworkState(layout: gan.discriminator.layout, seed: 2, network: 1)
      latents = SampleNoise(seed: 2, step: 0, phase: 0, samples: [0, 1, 2, 3])
        .normal(.sampleGrid, shape: [gan.latentDimension])
    }

    func images(_ growth: Growth?) -> Tensor {
      gan.generator.body(latents, in: ForwardPass(inferenceWith: generator, growth: growth))
    }

    func logits(_ images: Tensor, _ growth: Growth?) -> Tensor {
      gan.discriminator.body(images, in: ForwardPass(inferenceWith: discriminator, growth: growth))
    }

    /// The levels that can be faded in.
    func newLevels() throws -> ClosedRange<Int> {
      let schedule = try #require(gan.recipe.growth)
      return schedule.startLevel + 1...schedule.finalLevel
    }
  }

  @Test(
    "begin a level with what the level before makes, pixels repeated or averaged",
    arguments: [ModelName.pggan, .portrait])
  func beginning(model: ModelName) throws {
    let networks = try Networks(model)
    for level in try networks.newLevels() {
      let (before, new) = (Growth(level: level - 1), Growth(level: level, fade: 0))
      let images = networks.images(new)
      #expect(images.shape == [4, new.imageSize, new.imageSize, 3])
      #expect(images.scalars == networks.images(before).upsampled(by: 2).scalars)
      let sharp = networks.images(Growth(level: level))
      #expect(
        networks.logits(sharp, new).scalars
          == networks.logits(sharp.averagePooled(by: 2), before).scalars)
    }
  }

  @Test(
    "end it with their new layers alone, without a jump", arguments: [ModelName.pggan, .portrait])
  func end(model: ModelName) throws {
    let networks = try Networks(model)
    for level in try networks.newLevels() {
      let (almost, whole) = (Growth(level: level, fade: 0.9999), Growth(level: level))
      let images = networks.images(whole)
      expectClose(networks.images(almost), images)
      expectClose(networks.logits(images, almost), networks.logits(images, whole))
      // What is there before fading is something else.
      let coarse = networks.images(Growth(level: level - 1)).upsampled(by: 2)
      #expect(zip(coarse.scalars, images.scalars).contains { abs($0 - $1) > 0.01 })
    }
  }

  @Test("are whole where a pass has no growth", arguments: [ModelName.pggan, .portrait])
  func withoutGrowth(model: ModelName) throws {
    let networks = try Networks(model)
    let whole = Growth(level: try networks.newLevels().upperBound)
    #expect(whole.imageSize == 64)
    let images = networks.images(nil)
    #expect(images.scalars == networks.images(whole).scalars)
    #expect(networks.logits(images, nil).scalars == networks.logits(images, whole).scalars)
  }

  @Test(
    "are changed by attention only as far as γ is not zero",
    arguments: [ModelName.sagan, .portrait])
  func attention(model: ModelName) throws {
    let networks = try Networks(model)
    func results() -> [[Float]] {
      let images = networks.images(nil)
      return [images.scalars, networks.logits(images, nil).scalars]
    }
    func set(_ part: String, _ change: (Float) -> Float) {
      for state in [networks.generator, networks.discriminator] {
        for (index, entry) in state.layout.weights.enumerated()
        where entry.name.contains("attention.") && entry.name.contains(part) {
          state.weights.withMutableScalars(of: index) { values in
            for place in values.indices { values[place] = change(values[place]) }
          }
        }
      }
    }
    let watched = networks.gan.generator.layout.weights.filter(\.isWatched).map(\.name)
    #expect(watched.count == 1 && watched[0].hasSuffix("attention.gamma"))
    let begun = results()
    set(".o.") { 0.5 - $0 }
    #expect(results() == begun)
    set("gamma") { _ in 0.5 }
    for (changed, before) in zip(results(), begun) { #expect(changed != before) }
  }

  private func expectClose(_ found: Tensor, _ expected: Tensor) {
    let error = largestError(of: found.scalars, from: expected.scalars)
    let scale = expected.scalars.map(abs).max() ?? 0
    #expect(error < 1e-3 * Double(max(scale, 1)))
  }
}
