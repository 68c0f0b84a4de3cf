import ArgumentParser
import GANs
import Training

/// The sizes of networks, for commands that train one model or several.
struct NetworkOptions: ParsableArguments {
  @Option(help: "Side length of images, in pixels: 32, 64, 128 or 256.")
  var imageSize = Defaults.configuration.architecture.imageSize

  @Option(help: "Number of elements of a latent. (default: the model's own, mostly 100 or 128)")
  var latentDim: Int?

  @Option(help: "Channels of the features next to the image; deeper layers have multiples of it.")
  var featureMaps = Defaults.configuration.architecture.featureMaps

  var architecture: ArchitectureOptions {
    ArchitectureOptions(imageSize: imageSize, latentDimension: latentDim, featureMaps: featureMaps)
  }
}
