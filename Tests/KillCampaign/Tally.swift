import Foundation

/// The figures of a campaign.
struct Tally: Encodable {
  let seed: UInt64
  /// Trained from the first step to the last.
  var runs = 0
  private(set) var kills: [Kill] = []
  private(set) var failures: [String] = []

  init(seed: UInt64) {
    self.seed = seed
  }

  mutating func add(_ kill: Kill) {
    kills.append(kill)
    say("\(kills.count): \(kill)")
  }

  /// Notes down that the next job went on after `step`.
  /// - Returns: the steps that were done before the last death; nil if there was none, or a job
  ///   has gone on since.
  mutating func noteResumption(after step: Int, ranks: Int) -> Int? {
    guard let last = kills.indices.last, kills[last].ranks == ranks, kills[last].stepResumed == nil
    else { return nil }
    kills[last].stepResumed = step
    return kills[last].stepsDone
  }

  /// Notes down a fault of the program, with what the job printed.
  mutating func fail(_ fault: String, _ job: TrainingJob) {
    let failure = "after \(kills.count) deaths, on \(job.setup.ranks) ranks: \(fault)"
    failures.append(failure)
    say("FAILED \(failure)\n\(job.output)")
  }

  private func say(_ line: String) {
    FileHandle.standardError.write(Data("\(line)\n".utf8))
  }
}
