import GANs
import Layers
import Tensors
import Testing

@Suite("Architectures")
struct ArchitectureTests {
  @Test("dcgan has the parameters of PyTorch's example")
  func dcganParameters() throws {
    let gan = try ModelName.dcgan.makeGAN(ArchitectureOptions(imageSize: 64))
    #expect(gan.generator.layout.trainableCount == 3_576_704)
    #expect(gan.discriminator.layout.trainableCount == 2_765_568)
    #expect(
      gan.generator.layout.weights.map(\.name) == [
        "main.0.weight", "main.1.weight", "main.1.bias", "main.3.weight", "main.4.weight",
        "main.4.bias", "main.6.weight", "main.7.weight", "main.7.bias", "main.9.weight",
        "main.10.weight", "main.10.bias", "main.12.weight",
      ])
  }

  @Test("paper has the parameters that the paper's model is known to have")
  func paperParameters() throws {
    let gan = try ModelName.paper.makeGAN(ArchitectureOptions())
    #expect(gan.generator.layout.parameterCount == 2_486_019)
    #expect(gan.generator.layout.trainableCount == 2_484_227)
    #expect(gan.discriminator.layout.parameterCount == 1_613_889)
    #expect(gan.discriminator.layout.trainableCount == 1_611_969)
  }

  @Test("the recipes are those of PyTorch's example and of the Keras notebook")
  func recipes() throws {
    let dcgan = try ModelName.dcgan.makeGAN(ArchitectureOptions()).recipe
    #expect(
      dcgan.generatorOptimizer
        == .adam(learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8))
    #expect(dcgan.discriminatorOptimizer == dcgan.generatorOptimizer)
    #expect(dcgan.normalizesRealsAndFakesApart && !dcgan.drawsFreshLatentsForGenerator)
    let paper = try ModelName.paper.makeGAN(ArchitectureOptions()).recipe
    #expect(
      paper.generatorOptimizer
        == .adamax(learningRate: 1.5e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-7))
    #expect(!paper.normalizesRealsAndFakesApart && paper.drawsFreshLatentsForGenerator)
    #expect((paper.objective as? NonSaturating)?.labelNoise == 0.05)
  }

  @Test(
    "latents become images and images become logits, at every size",
    arguments: [
      (ModelName.dcgan, 32), (.dcgan, 64), (.dcgan, 128), (.dcgan, 256), (.paper, 64),
    ])
  func shapes(model: ModelName, size: Int) throws {
    let featureMaps = model == .paper ? 64 : 4
    let gan = try model.makeGAN(
      ArchitectureOptions(imageSize: size, latentDimension: 20, featureMaps: featureMaps))
    let generator = NetworkState(layout: gan.generator.layout, seed: 1, network: 0)
    let discriminator = NetworkState(layout: gan.discriminator.layout, seed: 1, network: 1)
    let latents = SampleNoise(seed: 1, step: 0, phase: 0, samples: [0, 1])
      .normal(.sampleGrid, shape: [20])
    let images = gan.generator.body(latents, in: ForwardPass(inferenceWith: generator))
    #expect(images.shape == [2, size, size, 3])
    #expect(images.scalars.allSatisfy { abs($0) <= 1 })
    let logits = gan.discriminator.body(images, in: ForwardPass(inferenceWith: discriminator))
    #expect(logits.shape == [2])
    #expect(logits.isFinite)
  }

  @Test(
    "a size that a model does not have is refused with what to choose",
    arguments: [
      (
        ModelName.dcgan, ArchitectureOptions(imageSize: 48),
        "model dcgan has no networks for images of 48 pixels; "
          + "choose --image-size 32, 64, 128 or 256"
      ),
      (
        .dcgan, ArchitectureOptions(imageSize: 0),
        "model dcgan has no networks for images of 0 pixels; "
          + "choose --image-size 32, 64, 128 or 256"
      ),
      (
        .paper, ArchitectureOptions(imageSize: 128),
        "model paper is defined for images of 64 pixels, not 128; "
          + "use --image-size 64 or --model dcgan"
      ),
      (
        .paper, ArchitectureOptions(featureMaps: 32),
        "model paper has fixed widths; leave out --feature-maps or use --model dcgan"
      ),
    ])
  func refusal(model: ModelName, options: ArchitectureOptions, sentence: String) {
    let error = #expect(throws: ArchitectureError.self) { try model.makeGAN(options) }
    #expect(error?.description == sentence)
  }
}
