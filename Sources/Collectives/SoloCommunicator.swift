import Foundation
import Synchronization

/// A job of one rank: every collective is the identity, and MPI is never started.
public final class SoloCommunicator: Communicator {
  public let rank = 0
  public let size = 1
  public let localRank = 0
  public let localSize = 1
  public let hostName = ProcessInfo.processInfo.hostName
  private let currentActivity = Mutex("")

  public init() {}

  public var activity: String {
    get { currentActivity.withLock { $0 } }
    set { currentActivity.withLock { $0 = newValue } }
  }

  public func sum(_ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat) {}

  public func beginSum(
    _ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat
  ) -> any PendingSum {
    CompletedSum()
  }

  public func maximum(_ values: inout [Int64]) {}
  public func minimum(_ values: inout [Int64]) {}

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    precondition(root == 0, "a job of one rank has no rank \(root)")
  }

  public func gather(_ bytes: UnsafeRawBufferPointer, to root: Int) -> [[UInt8]]? {
    precondition(root == 0, "a job of one rank has no rank \(root)")
    return [Array(bytes)]
  }

  public func barrier() {}
  public func finish() {}

  public func abort(code: Int32) -> Never {
    exit(code)
  }
}

/// What is done before anyone waits for it.
private struct CompletedSum: PendingSum {
  func wait() {}
}
