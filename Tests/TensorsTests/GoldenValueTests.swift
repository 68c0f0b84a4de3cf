import FixtureSupport
import Foundation
import Tensors
import Testing

/// Operations against PyTorch in float64. `Tests/Fixtures/make_network_fixtures.py` makes the
/// values and describes the file.
@Suite("Golden values of PyTorch")
struct GoldenValueTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    struct Output: Decodable {
      let shape: [Int]
      let values: [Double]
    }

    struct Attributes: Decodable {
      struct Padding: Decodable {
        let window: ConvolutionWindow.Padding

        /// Reads [top, bottom, left, right], or one number for all sides.
        init(from decoder: any Decoder) throws {
          let value = try decoder.singleValueContainer()
          if let sides = try? value.decode([Int].self), sides.count == 4 {
            window = .init(top: sides[0], left: sides[2], bottom: sides[1], right: sides[3])
          } else {
            window = .all(try value.decode(Int.self))
          }
        }
      }

      let stride, factor, size, outputPadding: Int?
      let padding: Padding?
      let epsilon, slope: Float?
    }

    let `case`, operation: String
    let attributes: Attributes
    let inputs: [String: NamedValues]
    let outputs: [String: Output]
    var testDescription: String { `case` }
  }

  static func cases() throws -> [Case] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode([Case].self, from: fixture("operations.json"))
  }

  @Test("results and gradients are PyTorch's", arguments: try cases())
  func operation(_ golden: Case) throws {
    let variables = golden.inputs.reduce(into: [String: Tensor]()) { tensors, input in
      tensors[input.key] = input.value.tensor(named: "\(golden.case).\(input.key)").variable()
    }
    let output = try result(of: golden, variables)
    let expected = try #require(golden.outputs["output"])
    expectClose(output, shape: expected.shape, expected.values)
    let upstream = try #require(variables["cotangent"])
    for (name, variable) in variables {
      guard let expected = golden.outputs["gradient.\(name)"] else { continue }
      let slope = gradient(of: output, withRespectTo: [variable], upstream: upstream)[0]
      expectClose(slope, shape: expected.shape, expected.values)
    }
  }

  /// Returns the output in PyTorch's layout.
  private func result(of golden: Case, _ inputs: [String: Tensor]) throws -> Tensor {
    let input = try #require(inputs["input"])
    let attributes = golden.attributes
    func pictures(_ body: (Tensor) -> Tensor) -> Tensor {
      body(input.permuted(0, 2, 3, 1)).permuted(0, 3, 1, 2)
    }
    switch golden.operation {
    case "conv2d", "conv_transpose2d":
      let weights = try #require(inputs["weight"]).permuted(2, 3, 1, 0)
      let window = ConvolutionWindow(
        kernel: weights.shape[0], stride: try #require(attributes.stride),
        padding: try #require(attributes.padding).window)
      return pictures { input in
        guard golden.operation == "conv_transpose2d" else {
          return input.convolved(with: weights, window: window)
        }
        let margin = window.kernel - 2 * window.padding.top + (attributes.outputPadding ?? 0)
        return input.transposeConvolved(
          with: weights, window: window,
          outputHeight: (input.shape[1] - 1) * window.stride + margin,
          outputWidth: (input.shape[2] - 1) * window.stride + margin)
      }
    case "batch_norm":
      let gamma = try #require(inputs["weight"])
      let beta = try #require(inputs["bias"])
      let epsilon = try #require(attributes.epsilon)
      return pictures {
        $0.batchNormalized(gamma: gamma, beta: beta, epsilon: epsilon).features
      }
    case "upsample_nearest":
      let factor = try #require(attributes.factor)
      return pictures { $0.upsampled(by: factor) }
    case "average_pool":
      let size = try #require(attributes.size)
      return pictures { $0.averagePooled(by: size) }
    case "linear":
      let weights = try #require(inputs["weight"])
      let bias = try #require(inputs["bias"])
      return input.matrixProduct(weights.permuted(1, 0)) + bias
    case "tanh": return input.tanh()
    case "sigmoid": return input.sigmoid()
    case "leaky_relu": return input.leakyReLU(slope: try #require(attributes.slope))
    case "bce_with_logits":
      let target = try #require(inputs["target"])
      return (input.softplus() - input * target).mean()
    default:
      Issue.record("no operation \(golden.operation) is known")
      return input
    }
  }
}
