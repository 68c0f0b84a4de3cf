import ArgumentParser
import Metrics

/// What portraits are described by, for the distances that compare features.
struct FeatureOptions: ParsableArguments {
  @Option(
    help: """
      Safetensors file of Inception-v3, by pytorch-fid or torchvision. (default: random \
      convolutions)
      """)
  var features: String?

  func makeExtractor() throws -> any FeatureExtractor {
    try features.map { try InceptionV3(contentsOf: $0) } ?? RandomConvolutions()
  }
}
