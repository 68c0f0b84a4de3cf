import Foundation
import GANs
import Layers
import Safetensors
import Tensors

/// A training state in a file.
///
/// The file is safetensors with PyTorch's names and orders of dimensions: under `generator.`,
/// `discriminator.` and `generator_ema.` lie state dictionaries that PyTorch networks load (with
/// the `weight_v` of spectral normalisation, which is not read back), under `optimizer.` the
/// moments of both optimizers. The metadata say how the run was configured and how far it had come,
/// which is all that is needed to go on bit for bit.
public struct Checkpoint {
  /// How the run was configured.
  public let configuration: TrainingConfiguration
  /// The number of training steps done.
  public let step: Int
  /// The digest of the images that were trained on, in hexadecimal.
  public let dataDigest: String
  private let file: SafetensorsFile

  /// Where the file lies.
  var path: String { file.path }

  private enum Key {
    static let format = "gan-dist.format"
    static let configuration = "gan-dist.configuration"
    static let step = "gan-dist.step"
    static let dataDigest = "gan-dist.data-digest"
    static let skippedSteps = "gan-dist.skipped-steps"
    static let updateCounts = "gan-dist.update-counts"
    static let augmentation = "gan-dist.augmentation"
  }

  private static let format = "1"

  /// More than any run takes, and few enough for the images seen in them to be counted.
  private static let possibleSteps = 0...10_000_000_000

  /// Opens the checkpoint at `path` after verifying its checksum.
  /// - Throws: ``TrainingError`` that says what is wrong with the file.
  public init(contentsOf path: String) throws {
    do {
      file = try SafetensorsFile(contentsOf: path, checksum: .required)
    } catch {
      throw TrainingError(TrainingError.Kind(of: error), "\(error)")
    }
    let metadata = file.metadata
    guard metadata[Key.format] == Self.format,
      let json = metadata[Key.configuration],
      let configuration = try? JSONDecoder().decode(
        TrainingConfiguration.self, from: Data(json.utf8)),
      (try? configuration.validate(rankCount: 1)) != nil,
      let step = metadata[Key.step].flatMap({ Int($0) }), Self.possibleSteps.contains(step),
      let digest = metadata[Key.dataDigest]
    else {
      throw TrainingError(
        .badData,
        "\(path) is a safetensors file but not a checkpoint of this version of gan-dist; "
          + "choose another")
    }
    self.configuration = configuration
    self.step = step
    dataDigest = digest
  }

  /// Writes `state` to `path`, replacing what stood there only when the new file is safe.
  /// - Parameter onProgress: called now and then with the number of bytes that are on disk.
  /// - Throws: `SafetensorsError`, for example on a full disk.
  public static func write(
    _ state: TrainingState, configuration: TrainingConfiguration, dataDigest: String,
    to path: String, onProgress: @escaping (Int) -> Void = { _ in }
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var metadata = [
      Key.format: format,
      Key.configuration: String(decoding: try encoder.encode(configuration), as: UTF8.self),
      Key.step: String(state.step),
      Key.dataDigest: dataDigest,
    ]
    if state.skippedSteps > 0 { metadata[Key.skippedSteps] = String(state.skippedSteps) }
    metadata[Key.updateCounts] = unforeseenUpdateCounts(of: state, configuration)
    metadata[Key.augmentation] = state.augmentation.stored
    var writer = SafetensorsWriter(metadata: metadata)
    for part in state.parts {
      for (entry, tensor) in zip(part.entries, part.buffer.tensors) {
        writer.add("\(part.prefix).\(entry.name)", shape: entry.fileShape) {
          try tensor.permutedToFile(entry).withScalars($0)
        }
      }
    }
    for (prefix, network) in state.networks {
      for (name, vector) in network.rightSingularVectors {
        writer.add("\(prefix).\(name)", shape: vector.shape) { try vector.withScalars($0) }
      }
    }
    try writer.write(to: path, onProgress: onProgress)
  }

  /// Restores `state` for a run that is configured as `current`.
  ///
  /// What decides the order of images and the random numbers must be as it was; the rest may
  /// change, which ``TrainingConfiguration/changes(since:)`` puts into words.
  /// - Throws: ``TrainingError`` if it is not, or a tensor is missing or has another shape.
  public func restore(
    _ state: TrainingState, continuing current: TrainingConfiguration
  ) throws {
    let (ownGAN, gan) = (try configuration.makeGAN(), try current.makeGAN())
    let fixed: [(option: String, now: String, then: String)] = [
      ("model", current.model.rawValue, configuration.model.rawValue),
      (
        "image-size", "\(current.architecture.imageSize)",
        "\(configuration.architecture.imageSize)"
      ),
      (
        "latent-dim", "\(gan.latentDimension)", "\(ownGAN.latentDimension)"
      ),
      (
        "feature-maps", "\(current.architecture.featureMaps)",
        "\(configuration.architecture.featureMaps)"
      ),
      (
        "batch-size", "\(current.optimization.batchSize)",
        "\(configuration.optimization.batchSize)"
      ),
      ("seed", "\(current.seed)", "\(configuration.seed)"),
    ]
    let choices = zip(gan.recipe.modelChoices, ownGAN.recipe.modelChoices).map {
      now, then -> (option: String, now: String, then: String) in
      let own = "(the model's own)"
      return (now.name, now.value.map { "\($0)" } ?? own, then.value.map { "\($0)" } ?? own)
    }
    if let folder = configuration.data.path, current.data.path == nil {
      throw TrainingError(
        .usage,
        "\(file.path) was trained on the portraits in \(folder), not on painted ones; give them, or a "
          + "copy, with --data"
      )
    }
    if let changed = (fixed + choices).first(where: { $0.now != $0.then }) {
      throw TrainingError(
        .usage,
        "\(file.path) was trained with --\(changed.option) \(changed.then), not \(changed.now); "
          + "give the same option, or start a new run without --resume in another --output")
    }
    guard state.augmentation.restore(file.metadata[Key.augmentation]) else {
      throw TrainingError(
        .badData,
        "\(file.path) does not say how often images were changed when it was written; choose another"
      )
    }
    for part in state.parts { try restore(part) }
    state.step = step
    state.skippedSteps = try skippedSteps
    (state.generatorOptimizer.updateCount, state.discriminatorOptimizer.updateCount) =
      try updateCounts(
        by: TrainingSchedule(
          of: state.gan.recipe, batchSize: configuration.optimization.batchSize))
  }

  /// Returns how many updates the optimizers of `state` remember if some were skipped; nil if it is
  /// as many as the schedule says.
  private static func unforeseenUpdateCounts(
    of state: TrainingState, _ configuration: TrainingConfiguration
  ) -> String? {
    let scheduled = TrainingSchedule(
      of: state.gan.recipe, batchSize: configuration.optimization.batchSize
    ).rememberedUpdates(after: state.step)
    let made = (
      generator: state.generatorOptimizer.updateCount,
      discriminator: state.discriminatorOptimizer.updateCount
    )
    return made == scheduled ? nil : "\(made.generator) \(made.discriminator)"
  }

  private var skippedSteps: Int {
    get throws {
      guard let text = file.metadata[Key.skippedSteps] else { return 0 }
      guard let count = Int(text), (0...step).contains(count) else {
        throw TrainingError(
          .badData, "\(file.path) cannot have skipped as many steps as it says; choose another")
      }
      return count
    }
  }

  private func updateCounts(
    by schedule: TrainingSchedule
  ) throws -> (generator: Int, discriminator: Int) {
    let scheduled = schedule.rememberedUpdates(after: step)
    guard let text = file.metadata[Key.updateCounts] else { return scheduled }
    let counts = text.split(separator: " ").compactMap { Int($0) }
    guard counts.count == 2, (0...scheduled.generator).contains(counts[0]),
      (0...scheduled.discriminator).contains(counts[1])
    else {
      throw TrainingError(
        .badData, "\(file.path) cannot have made the updates that it counts; choose another")
    }
    return (counts[0], counts[1])
  }

  /// Returns a maker of pictures by the generator as it has grown up to here, with the moving
  /// average of its weights or with its newest.
  public func imageGenerator(averaged: Bool) throws -> ImageGenerator {
    let gan = try configuration.makeGAN()
    return ImageGenerator(
      gan: gan, state: try generator(of: gan, averaged: averaged),
      growth: configuration.growth(of: gan, after: step))
  }

  /// Returns the generator, by its moving average or by its newest weights.
  public func generator(of gan: GAN, averaged: Bool) throws -> NetworkState {
    let prefix = averaged ? "generator_ema" : "generator"
    let layout = gan.generator.layout
    // A file that merely says that it holds a large network gets no memory for one.
    for entry in layout.weights + layout.statistics { try requireTensor(for: entry, prefix) }
    let state = NetworkState(layout: layout, seed: 0, network: 0)
    for part in state.parts(prefix: prefix) { try restore(part) }
    return state
  }

  private func restore(_ part: StatePart) throws {
    for (index, entry) in part.entries.enumerated() {
      let name = try requireTensor(for: entry, part.prefix)
      let tensor = Tensor(shape: entry.fileShape, try file.floats(named: name))
      part.buffer.withMutableScalars(of: index) { scalars in
        tensor.permutedFromFile(entry).withScalars { _ = scalars.update(from: $0) }
      }
    }
  }

  /// Checks that the file has a tensor of the entry's shape, and returns its name.
  @discardableResult
  private func requireTensor(for entry: WeightLayout.Entry, _ prefix: String) throws -> String {
    let name = "\(prefix).\(entry.name)"
    guard let stored = file.tensors[name], stored.shape == entry.fileShape else {
      throw TrainingError(
        .badData,
        "\(file.path) holds another model: \(name) should have the shape \(entry.fileShape)"
          + (file.tensors[name].map { ", not \($0.shape)" } ?? " but is missing"))
    }
    return name
  }
}

extension Tensor {
  fileprivate func permutedToFile(_ entry: WeightLayout.Entry) -> Tensor {
    entry.arrangement.fileOrder.map { permuted($0) } ?? self
  }

  fileprivate func permutedFromFile(_ entry: WeightLayout.Entry) -> Tensor {
    guard let order = entry.arrangement.fileOrder else { return self }
    var inverse = order
    for (dimension, axis) in order.enumerated() { inverse[axis] = dimension }
    return permuted(inverse)
  }
}

extension Checkpoint {
  /// Opens the checkpoint file at `path`, or the newest usable one of the run, or among the
  /// checkpoints, in the folder there, and says which had to be passed over and why.
  public static func open(_ path: String) throws -> (checkpoint: Checkpoint, passedOver: [String]) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw TrainingError(.badData, "there is no checkpoint or run at \(path); check the path")
    }
    guard isFolder.boolValue else { return (try Checkpoint(contentsOf: path), []) }
    let ofRun = try RunDirectory(path: path).checkpoints.newest()
    guard let newest = try ofRun ?? CheckpointFolder(path: path).newest() else {
      throw TrainingError(
        .badData, "\(path) holds no checkpoints; name a run directory or a checkpoint file")
    }
    return newest
  }
}
