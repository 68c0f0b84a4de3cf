import Tensors

/// The numbers of one network: its weights and its running statistics, each a flat buffer.
public struct NetworkState: Sendable {
  public let layout: WeightLayout
  public let weights: TensorBuffer
  public let statistics: TensorBuffer

  /// Creates freshly initialised weights.
  /// - Parameter network: tells the networks of one seed apart.
  public init(layout: WeightLayout, seed: UInt64, network: UInt32) {
    self.layout = layout
    weights = TensorBuffer(shapes: layout.weights.map(\.shape))
    statistics = TensorBuffer(shapes: layout.statistics.map(\.shape))
    let stream = RandomStream(
      seed: seed &+ UInt64(network) &* 0x9E37_79B9_7F4A_7C15, purpose: .initialization)
    for (entries, buffer) in [(layout.weights, weights), (layout.statistics, statistics)] {
      for (index, entry) in entries.enumerated() {
        buffer.withMutableScalars(of: index) {
          entry.initializer.fill($0, index: index, from: stream)
        }
      }
    }
  }

  private init(layout: WeightLayout, weights: TensorBuffer, statistics: TensorBuffer) {
    (self.layout, self.weights, self.statistics) = (layout, weights, statistics)
  }

  /// Returns a copy that shares no memory with this state.
  public func copy() -> NetworkState {
    NetworkState(layout: layout, weights: weights.copy(), statistics: statistics.copy())
  }
}
