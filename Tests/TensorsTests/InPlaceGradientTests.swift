import Tensors
import Testing

/// A first-order rule may write its result over the gradient that reaches it, if nobody else needs
/// that; a recorded one never does.
@Suite("Gradients computed in place")
struct InPlaceGradientTests {
  struct Computation: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The result of two inputs `[4, 3, 5]`, and tensors on the way whose gradients are asked for.
    let result: @Sendable (_ a: Tensor, _ b: Tensor) -> (Tensor, interior: [Tensor])

    init(
      _ description: String,
      _ result: @escaping @Sendable (_ a: Tensor, _ b: Tensor) -> (Tensor, interior: [Tensor])
    ) {
      (testDescription, self.result) = (description, result)
    }
  }

  static let computations = [
    Computation("two rectifiers of one sum") { a, b in
      (a.leakyReLU(slope: 0.2) + b.leakyReLU(slope: 0.3), [])
    },
    Computation("a rectifier beside its own input") { a, b in
      (a.leakyReLU(slope: 0.2) + a + b.leakyReLU(slope: -1), [])
    },
    Computation("rectifiers of parts that are joined") { a, b in
      (.concatenated([a.leakyReLU(slope: 0.2), b.leakyReLU(slope: 0.3), a]), [])
    },
    Computation("parts of a rectifier's output") { a, b in
      let c = (a * b).leakyReLU(slope: 0.2)
      return (c.sliced(0..<2).leakyReLU(slope: 0.3) + c.sliced(1..<3) + c.sliced(2..<4), [])
    },
    Computation("the same numbers under another shape") { a, b in
      let sum = (a.leakyReLU(slope: 0.2) + b).reshaped(to: [12, 5])
      return (sum.leakyReLU(slope: 0.3) + b.reshaped(to: [12, 5]).leakyReLU(slope: 0.4), [])
    },
    Computation("a chain in whose middle a gradient is asked for") { a, b in
      let c = (a + b).leakyReLU(slope: 0.2)
      let d = c.leakyReLU(slope: 0.3)
      return (d.leakyReLU(slope: 0.4), [c, d])
    },
    Computation("batch normalisation beside a rectifier") { a, b in
      let normalized = a.batchNormalized(
        gamma: probe([5], 3, in: 0.5...1.5), beta: probe([5], 4), epsilon: 1e-3, groups: 2,
        slope: 0.2
      ).features
      return (normalized + b.leakyReLU(slope: 0.3), [normalized])
    },
    Computation("batch normalisation of a batch normalisation") { a, b in
      let (gamma, beta) = (probe([5], 3, in: 0.5...1.5), probe([5], 4))
      let inner = (a * b).batchNormalized(gamma: gamma, beta: beta, epsilon: 1e-3, slope: 0.2)
      return (
        inner.features.batchNormalized(gamma: gamma, beta: beta, epsilon: 1e-3).features, []
      )
    },
  ]

  @Test("they are those that are not, and leave the caller's alone", arguments: computations)
  func gradients(_ computation: Computation) {
    let (a, b) = (signedProbe([4, 3, 5], 1).variable(), signedProbe([4, 3, 5], 2).variable())
    let (result, interior) = computation.result(a, b)
    let variables = [a, b] + interior
    let upstream = signedProbe(result.shape, 5)
    let before = upstream.scalars
    for given in [upstream, nil] {
      let inPlace = gradient(of: result, withRespectTo: variables, upstream: given)
      let recorded = gradient(
        of: result, withRespectTo: variables, upstream: given, differentiable: true)
      for (inPlace, recorded) in zip(inPlace, recorded) {
        #expect(distance(inPlace, recorded) <= 1e-5 * max(1, length(recorded)))
      }
    }
    #expect(upstream.scalars == before)
  }
}
