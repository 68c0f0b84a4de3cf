import Collectives
import Tensors

// Keeping the replicas of all ranks equal, and noticing when they are not.

extension TrainingState {
  /// Makes every rank's state equal to that of rank 0.
  func broadcast(over communicator: any Communicator) throws {
    guard communicator.size > 1 else { return }
    communicator.activity = "sharing the initial weights"
    step = try communicator.broadcast(step)
    skippedSteps = try communicator.broadcast(skippedSteps)
    // It fits, as all ranks have the same recipe.
    _ = augmentation.restore(try communicator.broadcast(augmentation.stored))
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
  /// - Throws: ``TrainingError`` on every rank if any rank's state differs from that of most; it
  ///   names the rank, its host, and the first tensor that differs.
  package func verifyReplicas(over communicator: any Communicator) throws {
    guard communicator.size > 1 else { return }
    communicator.activity = "step \(step), comparing replicas"
    let digests = try communicator.allGather(buffers.map { "\($0.digest)" }.joined(separator: " "))
    guard let (different, sound) = digests.firstThatDiffers else { return }
    // Only now that it is worth the time, tensor by tensor.
    let tensors = parts.flatMap { part in
      part.entries.indices.map {
        ("\(part.prefix).\(part.entries[$0].name)", part.buffer.digest(of: $0))
      }
    }
    let tensorDigests = try communicator.allGather(
      tensors.map { "\($1)" }.joined(separator: " ")
    ).map { $0.split(separator: " ") }
    let names = zip(tensors, zip(tensorDigests[different], tensorDigests[sound]))
      .filter { $1.0 != $1.1 }.map(\.0.0)
    let hosts = try communicator.allGather(communicator.hostName)
    // Memory that fails may give one answer and then another.
    let extent =
      names.isEmpty
      ? "which were gone when they were looked for"
      : "in \(names.count) of \(tensors.count) tensors, the first of which is \(names[0])"
    throw TrainingError(
      .software,
      "after step \(step) the replicas are not equal: rank \(different) on \(hosts[different]) has "
        + "other numbers than rank \(sound) on \(hosts[sound]) \(extent); this is a fault of a "
        + "machine, a library or the program: leave that host out, and continue with --resume auto")
  }
}

extension [String] {
  /// The place of the first that differs from most, and that of one of the majority; nil if all are
  /// equal. Of two halves the one with the first counts as the majority.
  fileprivate var firstThatDiffers: (different: Int, usual: Int)? {
    let places = Dictionary(grouping: indices) { self[$0] }.values
    let most = places.map(\.count).max()
    guard places.count > 1,
      let usual = places.filter({ $0.count == most }).map({ $0[0] }).min(),
      let different = indices.first(where: { self[$0] != self[usual] })
    else { return nil }
    return (different, usual)
  }
}
