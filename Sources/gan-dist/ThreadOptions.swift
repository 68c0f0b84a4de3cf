import ArgumentParser
import Collectives
import Foundation
import Tensors

/// How many threads a rank computes with.
struct ThreadOptions: ParsableArguments {
  @Option(
    help: """
      Compute threads of each rank. (default: OPENBLAS_NUM_THREADS, or the rank's share of the \
      cores)
      """)
  var threads: Int?

  func validate() throws {
    guard (1...1024).contains(threads ?? 1) else {
      throw ValidationError("--threads must be between 1 and 1024")
    }
  }

  /// Sets the number of compute threads of this rank, and returns it.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  @discardableResult
  func configure(for communicator: any Communicator) throws -> Int {
    let share = try AllowedCores.share(of: communicator)
    ComputeThreads.count = chosenCount ?? share
    return ComputeThreads.count
  }

  /// Returns what to say about the cores that ranks of so many threads are bound to, if there is
  /// something to say; every rank calls this.
  /// - Throws: `CollectiveError` if the ranks cannot be reached.
  func bindingWarning(
    for threads: Int, over communicator: any Communicator
  ) throws -> String? {
    let tooFew = try AllowedCores.bindingWarning(for: threads, over: communicator)
    let idle = try AllowedCores.idleCoresWarning(
      unlessThreads: chosenCount != nil, over: communicator)
    return tooFew ?? idle
  }

  /// The number that somebody has asked for.
  private var chosenCount: Int? { threads ?? Self.environmentCount }

  private static var environmentCount: Int? {
    let environment = ProcessInfo.processInfo.environment
    return ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"]
      .compactMap { environment[$0].flatMap { Int($0) } }.first { (1...1024).contains($0) }
  }
}
