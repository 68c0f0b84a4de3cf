/// How gradients become updates of a network's weights.
public enum OptimizerRule: Sendable, Hashable, CustomStringConvertible {
  /// Adam (Kingma & Ba, 2015, algorithm 1).
  case adam(learningRate: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// Adamax, its variant with the infinity norm (algorithm 2), with ε added as Keras does.
  case adamax(learningRate: Float, beta1: Float, beta2: Float, epsilon: Float)
  /// RMSprop (Hinton's lecture 6e) as PyTorch has it: α is the share of the running mean square
  /// that stays, and ε is added to its root.
  case rmsprop(learningRate: Float, alpha: Float = 0.99, epsilon: Float = 1e-8)

  /// The same rule with another step size.
  public func withLearningRate(_ rate: Float) -> OptimizerRule {
    switch self {
    case .adam(_, let beta1, let beta2, let epsilon):
      .adam(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    case .adamax(_, let beta1, let beta2, let epsilon):
      .adamax(learningRate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    case .rmsprop(_, let alpha, let epsilon):
      .rmsprop(learningRate: rate, alpha: alpha, epsilon: epsilon)
    }
  }

  /// Its name and its numbers, such as `Adam, step size 0.0002, β 0.5 and 0.999`.
  public var description: String {
    switch self {
    case .adam(let rate, let beta1, let beta2, _):
      "Adam, step size \(rate), β \(beta1) and \(beta2)"
    case .adamax(let rate, let beta1, let beta2, _):
      "Adamax, step size \(rate), β \(beta1) and \(beta2)"
    case .rmsprop(let rate, let alpha, _): "RMSprop, step size \(rate), α \(alpha)"
    }
  }

  public var learningRate: Float {
    switch self {
    case .adam(let rate, _, _, _), .adamax(let rate, _, _, _), .rmsprop(let rate, _, _): rate
    }
  }
}
