import Collectives
import Tensors

// Keeping the replicas of all ranks equal, and noticing when they are not.

extension TrainingState {
  /// Makes every rank's state equal to that of rank 0.
  func broadcast(over communicator: any Communicator) throws {
    guard communicator.size > 1 else { return }
    communicator.activity = "sharing the initial weights"
    step = try communicator.broadcast(step)
    generatorOptimizer.updateCount = try communicator.broadcast(generatorOptimizer.updateCount)
    discriminatorOptimizer.updateCount = try communicator.broadcast(
      discriminatorOptimizer.updateCount)
    for buffer in buffers {
      try buffer.withMutableScalars {
        try communicator.broadcast(UnsafeMutableRawBufferPointer($0), from: 0)
      }
    }
  }

  /// Compares the digests of all replicas.
  /// - Throws: ``TrainingError`` on every rank if any rank's state differs from that of rank 0.
  func verifyReplicas(over communicator: any Communicator) throws {
    guard communicator.size > 1 else { return }
    communicator.activity = "step \(step), comparing replicas"
    var digest = ContentChain()
    for buffer in buffers { digest.append(buffer.digest) }
    let digests = try communicator.allGather("\(digest.value) \(communicator.hostName)")
      .map { $0.split(separator: " ", maxSplits: 1) }
    guard let different = digests.firstIndex(where: { $0[0] != digests[0][0] }) else { return }
    throw TrainingError(
      .software,
      "after step \(step) the networks of rank \(different) on \(digests[different][1]) differ from "
        + "those of rank 0 on \(digests[0][1]): a fault of the program, its libraries or a machine; "
        + "resume from the checkpoint before this one")
  }
}

/// A digest of digests.
private struct ContentChain {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func append(_ digest: UInt64) { value = (value ^ digest) &* 0x100_0000_01b3 }
}
