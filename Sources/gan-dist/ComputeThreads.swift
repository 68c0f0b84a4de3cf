import Collectives
import Foundation
import Tensors

/// How many threads a rank computes with.
enum ComputeThreads {
  /// Sets the number of threads of matrix products, and returns it.
  /// - Parameter requested: the number asked for; nil shares the cores that this process may use
  ///   among the ranks of its host.
  static func configure(_ requested: Int?, for communicator: any Communicator) -> Int {
    let count = requested ?? max(1, availableCores / communicator.localSize)
    LinearAlgebraLibrary.threadCount = count
    return count
  }

  /// The cores that this process is allowed to run on.
  static var availableCores: Int { ProcessInfo.processInfo.activeProcessorCount }
}
