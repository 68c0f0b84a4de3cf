import FixtureSupport
import Tensors
import Testing

/// Compares gradients of `function` with central differences, to first and second order.
///
/// The first order is that of Σ w·f(x) for a random w. The second order is that of
/// Σ (v·g + g²/2), where g is that first gradient and v is random: it differentiates every
/// backward rule with respect to the inputs and to the upstream gradient w. Differences are
/// taken along random directions of ±1 and extrapolated to a vanishing step (Richardson); the
/// sums are made in float64, and points on a coarse grid stay exact when they are moved.
/// - Parameters:
///   - points: where the function is differentiated; kinks must be further away than twice `step`.
///   - step: a power of two. The wider it is the less rounding matters, and a function that is
///     linear along every direction has no other error.
///   - tolerance: the largest error, relative to the length of the gradient.
func checkGradients(
  at points: [Tensor], step: Double = 1 / 32, tolerance: Double = 1e-3,
  sourceLocation: SourceLocation = #_sourceLocation, of function: ([Tensor]) -> Tensor
) {
  let weights = probe(function(points).shape, 101)
  checkFirstOrder(
    at: points, step: step, tolerance: tolerance, sourceLocation,
    value: { dot(function($0), weights) },
    gradient: { tracked in
      gradient(of: function(tracked), withRespectTo: tracked, upstream: weights)
    })

  func firstGradients(_ inputs: [Tensor], differentiable: Bool) -> [Tensor] {
    let variables = inputs.map { $0.isTracked ? $0 : $0.variable() }
    return gradient(
      of: function(Array(variables.dropLast())), withRespectTo: Array(variables.dropLast()),
      upstream: variables.last, differentiable: differentiable)
  }
  let probes = points.enumerated().map { probe($1.shape, 201 + UInt32($0)) }
  let quick = firstGradients(points + [weights], differentiable: false)
  let recorded = firstGradients(
    (points + [weights]).map { $0.variable() }, differentiable: true)
  for (quick, recorded) in zip(quick, recorded) {
    #expect(
      distance(quick, recorded) <= 1e-5 * max(1, length(quick)),
      "a recorded gradient differs from the first-order one", sourceLocation: sourceLocation)
    #expect(!quick.isTracked, sourceLocation: sourceLocation)
  }

  checkFirstOrder(
    at: points + [weights], step: step, tolerance: tolerance, sourceLocation,
    value: { inputs in
      zip(firstGradients(inputs, differentiable: false), probes).reduce(0) {
        $0 + dot($1.0, $1.1) + dot($1.0, $1.0) / 2
      }
    },
    gradient: { tracked in
      let gradients = firstGradients(tracked, differentiable: true)
      let penalty = zip(gradients, probes).map { ($0 * $1).sum() + $0.squared().sum() * 0.5 }
      return gradient(of: penalty.dropFirst().reduce(penalty[0], +), withRespectTo: tracked)
    })
}

/// Compares `gradient` with central differences of `value`, each input by itself.
private func checkFirstOrder(
  at points: [Tensor], step: Double, tolerance: Double, _ sourceLocation: SourceLocation,
  value: ([Tensor]) -> Double, gradient: ([Tensor]) -> [Tensor]
) {
  let gradients = gradient(points.map { $0.variable() })
  for (index, point) in points.enumerated() {
    #expect(gradients[index].shape == point.shape, sourceLocation: sourceLocation)
    for trial in 0..<2 {
      let direction = signs(point.shape, 301 + UInt32(2 * index + trial))
      func slope(_ step: Double) -> Double {
        func moved(_ distance: Double) -> Double {
          var inputs = points
          inputs[index] = point + direction * Float(distance)
          return value(inputs)
        }
        return (moved(step) - moved(-step)) / (2 * step)
      }
      let difference = (4 * slope(step / 2) - slope(step)) / 3
      let found = dot(gradients[index], direction)
      let scale = max(length(gradients[index]), abs(difference), 0.01)
      #expect(
        abs(found - difference) <= tolerance * scale,
        "input \(index): gradient \(found), difference \(difference), scale \(scale)",
        sourceLocation: sourceLocation)
    }
  }
}

/// Returns repeatable numbers uniform in `range`, on a grid of 2⁻¹⁰.
func probe(_ shape: [Int], _ sample: UInt32, in range: ClosedRange<Float> = -1...1) -> Tensor {
  Tensor(shape: shape) { buffer in
    RandomStream(seed: 2024, purpose: .labels).fillUniform(buffer, step: 0, sample: sample)
    for index in buffer.indices {
      let value = range.lowerBound + buffer[index] * (range.upperBound - range.lowerBound)
      buffer[index] = (value * 1024).rounded() / 1024
    }
  }
}

/// Returns repeatable numbers of both signs whose magnitudes lie in `magnitudes`.
func signedProbe(
  _ shape: [Int], _ sample: UInt32, magnitudes: ClosedRange<Float> = 0.25...1.5
) -> Tensor {
  signs(shape, sample + 50) * probe(shape, sample, in: magnitudes)
}

/// Returns repeatable numbers, each −1 or 1.
func signs(_ shape: [Int], _ sample: UInt32) -> Tensor {
  let uniform = probe(shape, sample)
  return Tensor(shape: shape, uniform.scalars.map { $0 < 0 ? -1 : 1 })
}

func dot(_ a: Tensor, _ b: Tensor) -> Double {
  zip(a.scalars, b.scalars).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

func length(_ x: Tensor) -> Double { dot(x, x).squareRoot() }

func distance(_ a: Tensor, _ b: Tensor) -> Double { length(a - b) }

/// Expects a tensor's shape, and its elements to within `tolerance` of `reference`, relative to
/// the largest.
func expectClose(
  _ tensor: Tensor, shape: [Int], _ reference: [Double], tolerance: Double = 1e-5,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(tensor.shape == shape, sourceLocation: sourceLocation)
  let scale = reference.reduce(1e-6) { max($0, abs($1)) }
  let error = largestError(of: tensor.scalars, from: reference)
  #expect(error <= tolerance * scale, sourceLocation: sourceLocation)
}
