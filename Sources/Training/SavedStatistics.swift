import Layers
import Tensors

/// The running statistics and singular vectors of a network as they were before the passes of an
/// update, which move them although the update may come to nothing.
struct SavedStatistics {
  private let statistics: TensorBuffer
  private let saved: TensorBuffer

  init(of network: NetworkState) {
    statistics = network.statistics
    saved = network.statistics.copy()
  }

  /// Sets the network's statistics to what they were.
  func restore() { statistics.store(saved.tensors) }
}
