// A program for MPIJobTests to run under mpirun: one scenario a run, named by the first argument.
// A rank that finds a wrong result says so and ends the job with exit code 1.
import Collectives
import Foundation

let scenarios: [String: () throws -> Void] = [
  "collectives": checkCollectives,
  "split-messages": checkSplitMessages,
  "job-end": endTheJobFromOneRank,
  "unequal-sizes": broadcastUnequalSizes,
  "late": arriveLate,
  "stall-computing": { try stall { Thread.sleep(forTimeInterval: 600) } },
  "stall-stopped": { try stall { raise(SIGSTOP) } },
  "start-stopped": { try startWithoutRankOne { raise(SIGSTOP) } },
  "start-late": { try startWithoutRankOne { Thread.sleep(forTimeInterval: 1) } },
  "busy-computing": { try stayAway { computing in _ = computing.map { sin($0) } } },
  "busy-reporting": { try stayAway { _ in Thread.sleep(forTimeInterval: 0.2) } },
  "death": { try stall { raise(SIGKILL) } },
  "background-stall-computing": { try stallInBackground { Thread.sleep(forTimeInterval: 600) } },
  "background-stall-stopped": { try stallInBackground { raise(SIGSTOP) } },
  "background-death": { try stallInBackground { raise(SIGKILL) } },
  "launch": describeLaunch,
]

guard let name = CommandLine.arguments.dropFirst().first, let scenario = scenarios[name] else {
  print("usage: collectives-probe \(scenarios.keys.sorted().joined(separator: "|"))")
  exit(64)
}
do {
  try scenario()
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
