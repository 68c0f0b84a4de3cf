import Foundation
import Tensors

/// An exponential moving average of a network's weights, which makes better pictures than the
/// weights of any one step (Karras et al., 2018).
public struct MovingAverage: Sendable {
  /// The averaged weights. Their running statistics are not an average of anything: they have to
  /// be measured before the state is used for inference.
  public let state: NetworkState
  /// The number of images after which a past weight counts half.
  public let halfLife: Double

  public init(of state: NetworkState, halfLife: Double) {
    self.state = state.copy()
    self.halfLife = halfLife
  }

  /// One move of an average's weights towards those of the network.
  public struct Step {
    /// The weights to be moved.
    let weights: TensorBuffer
    /// The share of the average that stays.
    let decay: Float
  }

  /// Returns the move that follows a step which brought the number of images seen to `imagesSeen`
  /// by `newImages`; ``Optimizer/update(_:along:trailing:)`` makes it.
  ///
  /// Early on the half-life is a twentieth of the images seen, so that the first random weights are
  /// soon forgotten.
  public func step(imagesSeen: Int, newImages: Int) -> Step {
    let halfLife = min(self.halfLife, 0.05 * Double(imagesSeen))
    let decay = Float(pow(0.5, Double(newImages) / max(halfLife, 1e-8)))
    return Step(weights: state.weights, decay: decay)
  }
}
