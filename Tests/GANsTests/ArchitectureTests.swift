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

  @Test("every model has the parameters that its layers add up to", arguments: countedModels)
  func parameters(of model: ModelName, featureMaps: Int, generator: Int, discriminator: Int) throws
  {
    let gan = try model.makeGAN(ArchitectureOptions(imageSize: 64, featureMaps: featureMaps))
    #expect(gan.generator.layout.trainableCount == generator)
    #expect(gan.discriminator.layout.trainableCount == discriminator)
  }

  @Test(
    "latents become images and images become logits, at every size",
    arguments: [
      (ModelName.gan, [32, 64, 128]), (.dcgan, [32, 64, 128, 256]), (.wgan, [32]), (.wganGP, [32]),
      (.sngan, [32, 64, 128]), (.snganResNet, [32, 64, 128]), (.sagan, [64, 128]),
      (.pggan, [32, 64, 128]), (.paper, [64]), (.portrait, [32, 64, 128, 256]),
    ])
  func shapes(model: ModelName, sizes: [Int]) throws {
    for size in sizes {
      let featureMaps = model == .paper ? 64 : model == .sagan || model == .portrait ? 8 : 4
      let gan = try model.makeGAN(
        ArchitectureOptions(imageSize: size, latentDimension: 20, featureMaps: featureMaps))
      let generator = NetworkState(layout: gan.generator.layout, seed: 1, network: 0)
      let discriminator = NetworkState(layout: gan.discriminator.layout, seed: 1, network: 1)
      let latents = SampleNoise(seed: 1, step: 0, phase: 0, samples: [0, 1, 2, 3])
        .normal(.sampleGrid, shape: [20])
      let images = gan.generator.body(latents, in: ForwardPass(inferenceWith: generator))
      #expect(images.shape == [4, size, size, 3])
      // The generator of pggan is linear in the end.
      #expect(model == .pggan ? images.isFinite : images.scalars.allSatisfy { abs($0) <= 1 })
      let logits = gan.discriminator.body(images, in: ForwardPass(inferenceWith: discriminator))
      #expect(logits.shape == [4])
      #expect(logits.isFinite)
    }
  }

  @Test("a latent has as many elements as the model's paper says, or as the user does")
  func latents() throws {
    let expected: [ModelName: Int] = [
      .gan: 100, .dcgan: 100, .wgan: 100, .wganGP: 128, .sngan: 128, .snganResNet: 128, .sagan: 128,
      .pggan: 128, .paper: 100, .portrait: 128,
    ]
    for model in ModelName.allCases {
      #expect(try model.makeGAN(ArchitectureOptions()).latentDimension == expected[model])
      let given = ArchitectureOptions(latentDimension: 7)
      #expect(try model.makeGAN(given).latentDimension == 7)
    }
    #expect(try ModelName.pggan.makeGAN(.init(featureMaps: 256)).latentDimension == 512)
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
      (
        .gan, ArchitectureOptions(featureMaps: 6),
        "model gan has 75 hidden units for every 4 --feature-maps, not 6; choose a multiple of 4"
      ),
      (
        .sagan, ArchitectureOptions(imageSize: 32),
        "model sagan has no networks for images of 32 pixels; choose --image-size 64 or 128"
      ),
      (
        .portrait, ArchitectureOptions(featureMaps: 20),
        "model portrait has self-attention, which needs --feature-maps to be a multiple of 8; "
          + "20 is not"
      ),
    ])
  func refusal(model: ModelName, options: ArchitectureOptions, sentence: String) {
    let error = #expect(throws: ArchitectureError.self) { try model.makeGAN(options) }
    #expect(error?.description == sentence)
  }
}

/// Counted by hand, layer by layer: kernel² · inputs · outputs, a bias for each output where there
/// is one, and two for each channel of a normalisation. With four more levels, pggan has the 23.1
/// million of Karras et al.'s table for each of the networks.
private let countedModels: [(ModelName, Int, Int, Int)] = [
  (
    .gan, 64, (100 + 1) * 1200 + (1200 + 1) * 1200 + (1200 + 1) * 12_288,
    (12_288 + 1) * 1200 + (240 + 1) * 1200 + 240 + 1
  ),
  (.wgan, 64, 3_576_704, 2_765_568),
  // 28 more inputs than dcgan's 100.
  (.wganGP, 64, 3_576_704 + 28 * 16 * 512, 2_765_568),
  (
    .sngan, 64,
    (128 + 1) * 8 * 8 * 512 + 16 * (512 * 256 + 256 * 128 + 128 * 64) + 2 * (256 + 128 + 64)
      + (9 * 64 + 1) * 3,
    (9 * 3 + 1) * 64 + (16 * 64 + 1) * 64 + (9 * 64 + 1) * 128 + (16 * 128 + 1) * 128
      + (9 * 128 + 1) * 256 + (16 * 256 + 1) * 256 + (9 * 256 + 1) * 512 + 8 * 8 * 512 + 1
  ),
  (.snganResNet, 64, residualGenerator, residualDiscriminator),
  // θ and φ have an eighth of the channels, g and the way back a half; γ is one number.
  (.sagan, 64, residualGenerator + wideAttention, residualDiscriminator + attention),
  (
    .pggan, 256,
    (512 + 1) * 16 * 512 + (9 * 512 + 1) * (512 + 3 * 2 * 512 + 256) + (9 * 256 + 1) * 256
      + (4 * 512 + 256 + 5) * 3,
    (3 + 1) * (4 * 512 + 256) + (9 * 513 + 1) * 512 + (16 * 512 + 1) * 512 + 512 + 1
      + (9 * 512 + 1) * 3 * 2 * 512 + (9 * 256 + 1) * (256 + 512)
  ),
  (
    .portrait, 64,
    (128 + 1) * 16 * 512 + 2 * 512 + (9 * 512 + 2) * 256 + (9 * 256 + 2) * 128
      + (9 * 128 + 2) * 64 + wideAttention + (9 * (512 + 256 + 128 + 64) + 4) * 3,
    (16 * 3 + 1) * (512 + 256 + 128 + 64) + (16 * 64 + 2) * 128 + (16 * 128 + 2) * 256
      + (16 * 256 + 2) * 512 + 16 * 512 + 1 + wideAttention
  ),
]

/// Self-attention on 64 channels, and on 128.
private let attention = 64 * 64 * 5 / 4 + 1
private let wideAttention = 128 * 128 * 5 / 4 + 1

private let residualGenerator =
  (128 + 1) * 16 * 1024
  + [(1024, 512), (512, 256), (256, 128), (128, 64)].reduce(0) { sum, channels in
    let (inputs, outputs) = channels
    return sum + 2 * inputs + (9 * inputs + 1) * outputs + 2 * outputs
      + (9 * outputs + 1) * outputs + (inputs + 1) * outputs
  } + 2 * 64 + (9 * 64 + 1) * 3

private let residualDiscriminator =
  (9 * 3 + 1) * 64 + (9 * 64 + 1) * 64 + (3 + 1) * 64
  + [(64, 128), (128, 256), (256, 512), (512, 1024)].reduce(0) { sum, channels in
    let (inputs, outputs) = channels
    return sum + (9 * inputs + 1) * inputs + (9 * inputs + 1) * outputs + (inputs + 1) * outputs
  } + 1024 + 1
