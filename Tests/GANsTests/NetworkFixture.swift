import FixtureSupport
import Foundation
import GANs
import Layers
import Tensors

/// One training step of a model by PyTorch in float64; `Tests/Fixtures/make_network_fixtures.py`
/// makes the files and describes them.
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
    let positions: [Int]
    let values: [Double]
    let afterDiscriminatorPhase: [Double]?
  }

  let model: ModelName
  /// What precedes every name that values follow from.
  let salt: String
  let batchSize: Int
  let inputs: [String: NamedValues]
  let fakes: Images
  let realLogits, fakeLogits, generatorLogits: [Double]
  let discriminatorLoss, generatorLoss: Double
  let generator, discriminator: [Parameter]
  let generatorRunning, discriminatorRunning: [Statistic]

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
