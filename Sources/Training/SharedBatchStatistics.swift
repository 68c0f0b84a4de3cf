import Collectives
import Synchronization
import Tensors

/// Sums batch statistics over the ranks in the middle of a network.
///
/// Tensor operations do not throw, so a failure is kept until the step asks for it; from then on
/// sums stay local, and their results are thrown away with the step.
final class SharedBatchStatistics: ReplicaSum {
  private let communicator: any Communicator
  private let failure = Mutex<(any Error)?>(nil)

  init(_ communicator: any Communicator) {
    self.communicator = communicator
  }

  var replicaCount: Int { communicator.size }

  func sum(_ buffer: UnsafeMutableBufferPointer<Float>) {
    guard failure.withLock({ $0 == nil }) else { return }
    do {
      try communicator.sum(buffer)
    } catch {
      failure.withLock { $0 = error }
    }
  }

  /// Throws the first error that a sum met, if any did.
  func throwFailure() throws {
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
