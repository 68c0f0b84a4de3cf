import CKernels
import Tensors

/// How gradients become updates of a network's weights.
public enum OptimizerRule: Sendable, Hashable {
  /// Adam (Kingma & Ba, 2015, algorithm 1).
  case adam(learningRate: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// Adamax, its variant with the infinity norm (algorithm 2), with ε added as Keras does.
  case adamax(learningRate: Float, beta1: Float, beta2: Float, epsilon: Float)

  /// The same rule with another step size.
  public func withLearningRate(_ rate: Float) -> OptimizerRule {
    switch self {
    case .adam(_, let beta1, let beta2, let epsilon):
      .adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    case .adamax(_, let beta1, let beta2, let epsilon):
      .adamax(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    }
  }

  public var learningRate: Float {
    switch self {
    case .adam(let rate, _, _, _), .adamax(let rate, _, _, _): rate
    }
  }
}

/// Updates the weights of one network, and keeps what must be remembered between updates.
public final class Optimizer {
  public let rule: OptimizerRule
  /// Running means of the gradient: the first moment.
  public let firstMoment: TensorBuffer
  /// Running second moments of the gradient, or for Adamax running maxima of its magnitude.
  public let secondMoment: TensorBuffer
  /// The number of updates made so far.
  public var updateCount = 0

  public init(_ rule: OptimizerRule, for weights: TensorBuffer) {
    self.rule = rule
    firstMoment = TensorBuffer(shapes: weights.shapes)
    secondMoment = TensorBuffer(shapes: weights.shapes)
  }

  /// Moves `weights` one step down the `gradient`, and then a moving average towards them, in the
  /// same pass over memory.
  public func update(
    _ weights: TensorBuffer, along gradient: TensorBuffer, trailing step: MovingAverage.Step? = nil
  ) {
    precondition(
      step.map { $0.weights.shapes == weights.shapes } != false, "an average of other weights")
    updateCount += 1
    weights.withMutableScalars { w in
      firstMoment.withMutableScalars { m in
        secondMoment.withMutableScalars { v in
          gradient.withMutableScalars { g in
            step.withAverage { average, decay in
              forEachElementRange(of: w.count) { range in
                let (w, m, v, g) = (w.at(range), m.at(range), v.at(range), g.at(range))
                let trailing = ck_trailing_average(values: average.at(range), decay: decay)
                switch rule {
                case .adam(let rate, let beta1, let beta2, let epsilon):
                  ck_adam(
                    w, m, v, g, range.count, rate, beta1, beta2, epsilon, correction(beta1),
                    correction(beta2), trailing)
                case .adamax(let rate, let beta1, let beta2, let epsilon):
                  ck_adamax(
                    w, m, v, g, range.count, rate, beta1, beta2, epsilon, correction(beta1),
                    trailing)
                }
              }
            }
          }
        }
      }
    }
  }

  /// 1 − βᵗ: what a running mean that began at zero has seen so far.
  private func correction(_ beta: Float) -> Float {
    var power = 1.0
    var factor = Double(beta)
    var exponent = updateCount
    while exponent > 0 {
      if exponent & 1 == 1 { power *= factor }
      factor *= factor
      exponent >>= 1
    }
    return Float(1 - power)
  }
}

extension MovingAverage.Step? {
  /// Calls `body` with the average and its decay, or without an average if there is none.
  fileprivate func withAverage(
    _ body: (_ average: UnsafeMutableBufferPointer<Float>, _ decay: Float) -> Void
  ) {
    guard let self else { return body(.init(start: nil, count: 0), 0) }
    self.weights.withMutableScalars { body($0, self.decay) }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The address of the first element in `range`, if there are any elements.
  fileprivate func at(_ range: Range<Int>) -> UnsafeMutablePointer<Float>? {
    baseAddress.map { $0 + range.lowerBound }
  }
}
