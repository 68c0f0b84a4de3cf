import CKernels
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

  /// Moves the average towards `current`, after a step that brought the number of images seen to
  /// `imagesSeen`.
  ///
  /// Early on the half-life is a twentieth of the images seen, so that the first random weights are
  /// soon forgotten.
  public func update(towards current: NetworkState, imagesSeen: Int, batchSize: Int) {
    let halfLife = min(self.halfLife, 0.05 * Double(imagesSeen))
    let decay = Float(pow(0.5, Double(batchSize) / max(halfLife, 1e-8)))
    state.weights.withMutableScalars { average in
      current.weights.withMutableScalars { weights in
        forEachElementRange(of: average.count) {
          ck_moving_average(average.at($0), weights.at($0), $0.count, decay)
        }
      }
    }
  }
}
