import ArgumentParser
import Foundation
import Tensors

/// How many threads a rank computes with.
struct ComputeThreads: ParsableArguments {
  @Option(
    help: """
      Compute threads of each rank. (default: OPENBLAS_NUM_THREADS, or the host's cores shared by \
      its ranks)
      """)
  var threads: Int?

  func validate() throws {
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be between 1 and 1024")
    }
  }

  /// Sets the number of compute threads, and returns it.
  /// - Parameter rankCount: the number of ranks that share this host.
  @discardableResult
  func configure(rankCount: Int = 1) -> Int {
    let count = threads ?? Self.environmentCount ?? max(1, Self.availableCores / rankCount)
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
