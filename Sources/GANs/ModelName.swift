/// The models that can be asked for by name.
public enum ModelName: String, Sendable, CaseIterable, Codable {
  case gan
  case dcgan
  case wgan
  case wganGP = "wgan-gp"
  case sngan
  case snganResNet = "sngan-resnet"
  case sagan
  case pggan
  case paper
  case portrait

  /// Builds the model.
  /// - Throws: ``ArchitectureError`` if it has no such size.
  public func makeGAN(_ options: ArchitectureOptions) throws -> GAN {
    switch self {
    case .gan: try .original(options)
    case .dcgan: try .dcgan(options)
    case .wgan: try .wgan(options)
    case .wganGP: try .wganGP(options)
    case .sngan: try .sngan(options)
    case .snganResNet: try .snganResNet(options)
    case .sagan: try .sagan(options)
    case .pggan: try .pggan(options)
    case .paper: try .paper(options)
    case .portrait: try .portrait(options)
    }
  }

  /// Checks that `size` is one of the sizes that the model has networks for.
  func require(_ size: Int, in sizes: [Int]) throws {
    guard !sizes.contains(size) else { return }
    let choices = sizes.dropLast().map(String.init).joined(separator: ", ")
    throw ArchitectureError(
      description:
        "model \(rawValue) has no networks for images of \(size) pixels; "
        + "choose --image-size \(choices) or \(sizes[sizes.count - 1])")
  }

  /// Checks that features can have an eighth of their channels as queries and keys.
  func requireChannelsForAttention(_ featureMaps: Int) throws {
    guard !featureMaps.isMultiple(of: 8) else { return }
    throw ArchitectureError(
      description:
        "model \(rawValue) has self-attention, which needs --feature-maps to be a multiple of 8; "
        + "\(featureMaps) is not"
    )
  }
}
