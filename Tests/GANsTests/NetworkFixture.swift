import FixtureSupport
import Foundation
import GANs
import Layers
import Tensors

/// One training step of a model by PyTorch in float64; `Tests/Fixtures/make_network_fixtures.py`
/// and `make_rival_fixtures.py` make the files and describe them.
struct NetworkFixture: Decodable {
  struct Images: Decodable {
    let positions: [Int]
    let sums, squareSums, values: [Double]
  }

  struct Parameter: Decodable {
    let name: String
    let values: NamedValues
    let gradientNorm, gradientMaximum: Double
    /// Whether the gradient is zero but for rounding: a bias that a batch norm takes away again.
    let gradientIsZero: Bool
    let positions: [Int]
    let gradient, updated: [Double]

    private enum Key: CodingKey {
      case name, gradientNorm, gradientMaximum, gradientIsZero, positions, gradient, updated
    }

    init(from decoder: any Decoder) throws {
      values = try NamedValues(from: decoder)
      let container = try decoder.container(keyedBy: Key.self)
      name = try container.decode(String.self, forKey: .name)
      gradientNorm = try container.decode(Double.self, forKey: .gradientNorm)
      gradientMaximum = try container.decode(Double.self, forKey: .gradientMaximum)
      gradientIsZero = try container.decode(Bool.self, forKey: .gradientIsZero)
      positions = try container.decode([Int].self, forKey: .positions)
      gradient = try container.decode([Double].self, forKey: .gradient)
      updated = try container.decode([Double].self, forKey: .updated)
    }
  }

  struct Statistic: Decodable {
    let name: String
    /// What it begins with; nil for a layer's own.
    let start: NamedValues?
    let positions: [Int]
    let values: [Double]
    let afterDiscriminatorPhase: [Double]?

    private enum Key: CodingKey {
      case name, positions, values, afterDiscriminatorPhase
    }

    init(from decoder: any Decoder) throws {
      start = try? NamedValues(from: decoder)
      let container = try decoder.container(keyedBy: Key.self)
      name = try container.decode(String.self, forKey: .name)
      positions = try container.decode([Int].self, forKey: .positions)
      values = try container.decode([Double].self, forKey: .values)
      afterDiscriminatorPhase = try container.decodeIfPresent(
        [Double].self, forKey: .afterDiscriminatorPhase)
    }
  }

  struct Stage: Decodable {
    let level: Int
    let fade: Float
  }

  let model: ModelName
  /// What precedes every name that values follow from.
  let salt: String
  /// Of gradients, relative to the largest magnitude; nil for 1e-4.
  let tolerance: Double?
  let batchSize: Int
  /// Nil for the sizes that the model has by default.
  let imageSize, featureMaps, latentSize: Int?
  let growth: Stage?
  let inputs: [String: NamedValues]
  let fakes: Images
  let realLogits, fakeLogits, generatorLogits: [Double]
  /// Nil where there is none.
  let penalty: Double?
  /// With the penalty.
  let discriminatorLoss: Double
  let generatorLoss: Double
  let generator, discriminator: [Parameter]
  let generatorRunning, discriminatorRunning: [Statistic]

  /// The network that the step was made with.
  func makeGAN() throws -> GAN {
    let usual = ArchitectureOptions()
    return try model.makeGAN(
      ArchitectureOptions(
        imageSize: imageSize ?? usual.imageSize, latentDimension: latentSize,
        featureMaps: featureMaps ?? usual.featureMaps))
  }

  init(of model: ModelName) throws {
    self = try JSONDecoder().decode(Self.self, from: fixture("\(model.rawValue).json"))
  }
}

extension Tensor {
  /// Returns this tensor, `[batch, channel, row, column]`, as `[batch, row, column, channel]`.
  var channelsLast: Tensor { permuted(0, 2, 3, 1) }

  /// Returns this tensor, `[batch, row, column, channel]`, as `[batch, channel, row, column]`.
  var channelsFirst: Tensor { permuted(0, 3, 1, 2) }

  /// Returns a weight as files hold it.
  func inFileOrder(_ entry: WeightLayout.Entry) -> Tensor {
    entry.arrangement.fileOrder.map { permuted($0) } ?? self
  }

  /// Returns a weight as memory holds it.
  func inMemoryOrder(_ entry: WeightLayout.Entry) -> Tensor {
    guard let order = entry.arrangement.fileOrder else { return self }
    return permuted(order.indices.map { axis in order.firstIndex(of: axis) ?? axis })
  }
}
