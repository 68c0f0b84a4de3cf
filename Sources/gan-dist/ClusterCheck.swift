import Collectives
import Foundation
import Portraits
import Tensors
import Training
import Wording

/// The checks of `gan-dist doctor`, which all ranks do together and rank 0 reports.
struct ClusterCheck {
  let communicator: any Communicator
  let threads: Int
  /// What is wrong with the cores that ranks are bound to.
  let bindingWarning: String?
  let data: String?

  /// Runs every check.
  /// - Throws: ``TrainingError`` on every rank if one fails.
  func run() throws {
    let hasWarned = try reportRanks()
    try checkSums()
    try measureAverages()
    try checkData()
    say(hasWarned ? "see the warnings above" : "everything that was checked is in order")
  }

  /// Returns whether there was something to warn of.
  private func reportRanks() throws -> Bool {
    let cores = AllowedCores.numbers.count
    let lines = try communicator.allGather(
      "\(communicator.hostName), local rank \(communicator.localRank) of \(communicator.localSize), "
        + "\(threads.counted("thread")) on \(cores == 1 ? "core" : "cores") "
        + "\(AllowedCores.list), "
        + "OpenBLAS kernels for \(LinearAlgebraLibrary.coreType)")
    let library = communicator.size > 1 ? MPICommunicator.libraryVersion : "none (a single rank)"
    say("MPI library: \(library)")
    say("linear algebra: \(LinearAlgebraLibrary.version)")
    for (rank, line) in lines.enumerated() { say("rank \(rank): \(line)") }
    let areCrowded = try AllowedCores.areCrowded(by: threads, of: communicator)
    if let bindingWarning {
      say(bindingWarning)
      return true
    } else if try communicator.isTrueAnywhere(areCrowded) {
      say(
        "warning: some hosts have more compute threads than cores; use fewer ranks, or fewer "
          + "--threads of each")
      return true
    }
    return false
  }

  /// Compares sums of whole numbers, which floats represent exactly, with their closed form.
  private func checkSums() throws {
    for count in [1, 1023, 262_145, 3_576_704] {
      var values = (0..<count).map { Float(($0 % 1000) + communicator.rank) }
      try communicator.sum(&values)
      let size = communicator.size
      let isRight = values.indices.allSatisfy {
        values[$0] == Float(size * ($0 % 1000) + size * (size - 1) / 2)
      }
      if try communicator.isTrueAnywhere(!isRight) {
        throw TrainingError(
          .software,
          "allreduce of \(count.counted("float")) gives wrong sums; check the MPI library")
      }
    }
    say("allreduce gives right sums, from 4 bytes to 14 MB")
  }

  private func measureAverages() throws {
    guard communicator.size > 1 else { return }
    for bytes in [4, 4096, 1 << 20, 12 << 20, 25 << 20] {
      var values = [Float](repeating: 1, count: bytes / 4)
      var seconds: [Double] = []
      for _ in 0..<7 {
        try communicator.barrier()
        let start = ContinuousClock.now
        try communicator.average(&values)
        seconds.append((ContinuousClock.now - start) / .seconds(1))
      }
      let median = seconds.sorted()[3]
      // Each rank sends and receives 2(p − 1)/p of the buffer in a bandwidth-optimal allreduce.
      let moved = 2 * Double(communicator.size - 1) / Double(communicator.size) * Double(bytes)
      say(
        String(
          format: "allreduce of %9d bytes: %9.3f ms, %7.0f MB/s per rank", bytes, median * 1e3,
          moved / median / 1e6))
    }
  }

  private func checkData() throws {
    guard let data else { return }
    let view = try communicator.onEveryRank { () -> String in
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: data, isDirectory: &isFolder) else {
        throw TrainingError(
          .badData, "\(data) is not there on \(communicator.hostName); copy or mount it there")
      }
      if !isFolder.boolValue { return "store \(try ImageStore.open(data).contentDigest)" }
      let files = try PortraitFolder(scanning: data).files
      let digest = ContentDigest(of: files.map { "\($0.path) \($0.byteCount)\n" }.joined().utf8)
      return "\(files.count.counted("file")) (paths and sizes \(digest))"
    }
    let views = try communicator.allGather(view)
    if let different = views.firstIndex(where: { $0 != views[0] }) {
      throw TrainingError(
        .badData,
        "the ranks see different data in \(data): \(views[different]) on rank \(different), "
          + "\(views[0]) on rank 0; copy the same folder to every host"
      )
    }
    say("data: every rank sees \(views[0]) in \(data)")
  }

  private func say(_ line: String) {
    if communicator.isRoot { Terminal.say(line) }
  }
}
