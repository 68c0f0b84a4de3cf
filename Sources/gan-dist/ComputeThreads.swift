import Foundation
import Tensors

/// How many threads a rank computes with.
enum ComputeThreads {
  /// Sets the number of compute threads, and returns it.
  /// - Parameters:
  ///   - requested: the number asked for; nil takes OPENBLAS_NUM_THREADS or OMP_NUM_THREADS from
  ///     the environment, and without them this rank's share of the cores.
  ///   - rankCount: the number of ranks that share this host.
  @discardableResult
  static func configure(_ requested: Int?, rankCount: Int = 1) -> Int {
    let count = requested ?? environmentCount ?? max(1, availableCores / rankCount)
    LinearAlgebraLibrary.threadCount = count
    return count
  }

  private static var environmentCount: Int? {
    let environment = ProcessInfo.processInfo.environment
    return ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"]
      .compactMap { environment[$0].flatMap { Int($0) } }.first { $0 > 0 }
  }

  /// The cores that this process is allowed to run on.
  static var availableCores: Int { ProcessInfo.processInfo.activeProcessorCount }
}
