import CKernels
import Tensors

/// Updates the weights of one network, and keeps what must be remembered between updates.
public final class Optimizer {
  public let rule: OptimizerRule
  /// Running means of the gradient: the first moment; unused by RMSprop.
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

  /// Forgets all past gradients.
  public func reset() {
    updateCount = 0
    for moment in [firstMoment, secondMoment] {
      moment.withMutableScalars { $0.update(repeating: 0) }
    }
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
                case .rmsprop(let rate, let alpha, let epsilon):
                  ck_rmsprop(w, v, g, range.count, rate, alpha, epsilon, trailing)
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
