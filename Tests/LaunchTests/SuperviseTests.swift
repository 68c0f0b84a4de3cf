import Foundation
import Testing

@Suite("launch/supervise")
struct SuperviseTests {
  @Test("goes on from the newest checkpoint after each death, until training has finished")
  func restarts() throws {
    let launcher = try StandInLauncher([
      "checkpoint 100; exit 137", "kill -SEGV $$", "checkpoint 200; exit 70", "checkpoint 300",
    ])
    let outcome = try launcher.supervise()
    #expect(outcome.exitCode == 0)
    #expect(
      launcher.starts == Array(repeating: "gan-dist train --output run --resume auto", count: 4))
    let words = outcome.standardError
    #expect(words.contains("code 137 (a rank was killed, which is also what happens when memory"))
    #expect(words.contains("newest checkpoint: step-100; restart 1 of 20 in 0 s"))
    #expect(words.contains("code 139 (a rank crashed); newest checkpoint: step-100; restart 2"))
    #expect(words.contains("newest checkpoint: step-200; restart 3 of 20"))
  }

  @Test("goes on with a comparison, whose runs have checkpoints of their own")
  func comparison() throws {
    let run = "mkdir -p run/dcgan-seed1/checkpoints"
    let launcher = try StandInLauncher([
      "exit 137", "\(run); echo step-100 >run/dcgan-seed1/checkpoints/latest; exit 137", "exit 137",
      "touch run/dcgan-seed1/evaluation.json; exit 70", "exit 75",
    ])
    let compare = ["compare", "--models", "dcgan", "--output", "run"]
    let outcome = try launcher.supervise(["-p", "2"], training: compare)
    #expect(outcome.exitCode == 75)
    #expect(
      launcher.starts
        == Array(repeating: "gan-dist compare --models dcgan --output run", count: 5))
    #expect(outcome.standardError.contains("newest checkpoint: step-100; restart 4 of 20"))
  }

  @Test(
    "does not start again what is done, was stopped or would fail alike",
    arguments: [0, 64, 65, 75, 126, 127] as [Int32])
  func final(code: Int32) throws {
    let launcher = try StandInLauncher(["exit \(code)", "exit 0"])
    #expect(try launcher.supervise().exitCode == code)
    #expect(launcher.starts.count == 1)
  }

  @Test("believes the exit code that training wrote rather than the launcher's, but no older one")
  func exitCodeFile() throws {
    let launcher = try StandInLauncher([
      "echo 75 >run/exit-code; exit 1", "exit 1", "echo 0 >run/exit-code; exit 137",
    ])
    #expect(try launcher.supervise().exitCode == 75)
    #expect(try launcher.supervise().exitCode == 0)
    #expect(launcher.starts.count == 3)
  }

  @Test("says that the last exit code cannot be removed, and believes only a new one")
  func exitCodeThatStays() throws {
    let launcher = try StandInLauncher([
      "mkdir run/exit-code; exit 1", "rmdir run/exit-code; echo 75 >run/exit-code; exit 1",
    ])
    let outcome = try launcher.supervise()
    #expect(outcome.exitCode == 75)
    #expect(outcome.standardError.contains("run/exit-code cannot be removed"))
    #expect(launcher.starts.count == 2)
  }

  @Test(
    "removes what killed ranks have left in shared memory, and nothing that may be in use",
    .enabled(if: FileManager.default.isWritableFile(atPath: "/dev/shm"), "needs /dev/shm"))
  func segments() throws {
    var system = utsname()
    uname(&system)
    let host = withUnsafeBytes(of: &system.nodename) { bytes in
      String(decoding: bytes.prefix { $0 != 0 && $0 != UInt8(ascii: ".") }, as: UTF8.self)
    }
    let mark = UUID().uuidString
    func segment(_ name: String) -> String { "/dev/shm/vader_segment.\(name).\(mark)" }
    let (left, mapped, new) = (segment(host + ".0"), segment(host + ".1"), segment(host + ".2"))
    let another = segment("not-\(host).0")
    for path in [left, mapped, new, another] {
      try Data(count: 4096).write(to: URL(fileURLWithPath: path))
      if path == new { continue }
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: -180)], ofItemAtPath: path)
    }
    defer { for path in [left, mapped, new, another] { unlink(path) } }
    let descriptor = open(mapped, O_RDONLY)
    let start = try #require(mmap(nil, 4096, PROT_READ, MAP_SHARED, descriptor, 0))
    defer { munmap(start, 4096) }
    close(descriptor)

    #expect(try StandInLauncher(["exit 0"]).supervise().exitCode == 0)
    let files = FileManager.default
    #expect(!files.fileExists(atPath: left))
    for path in [mapped, new, another] { #expect(files.fileExists(atPath: path), "\(path)") }
  }

  @Test("gives up when deaths in a row bring no new checkpoint")
  func noProgress() throws {
    let launcher = try StandInLauncher(
      ["exit 137", "checkpoint 100; exit 137", "exit 137", "exit 137", "exit 137", "exit 0"])
    let outcome = try launcher.supervise(["-p", "3"])
    #expect(outcome.exitCode == 137)
    #expect(launcher.starts.count == 5)
    #expect(outcome.standardError.contains("3 deaths in a row without a new checkpoint"))
  }

  @Test("gives up after as many restarts as it was allowed")
  func noRestartsLeft() throws {
    let deaths = (1...5).map { "checkpoint \($0); exit 74" }
    let launcher = try StandInLauncher(deaths)
    let outcome = try launcher.supervise(["-r", "2"])
    #expect(outcome.exitCode == 74)
    #expect(launcher.starts.count == 3)
    #expect(outcome.standardError.contains("giving up after 2 restarts"))
  }

  @Test(
    "hands a signal on as SIGUSR1 and does not start again what then ended",
    arguments: [
      (SIGTERM, "exit 75", 75), (SIGINT, "exit 138", 75), (SIGUSR1, "exit 0", 0),
      (SIGHUP, "exit 75", 75), (SIGTERM, "echo 74 >run/exit-code; exit 1", 74),
      (SIGUSR1, "exit 74", 74),
    ] as [(Int32, String, Int32)])
  func stop(signal: Int32, ending: String, code: Int32) throws {
    let launcher = try StandInLauncher([
      "trap 'echo heard >heard; \(ending)' USR1; touch ready; while :; do sleep 0.05; done",
      "exit 0",
    ])
    let outcome = try launcher.supervise { supervisor in
      launcher.wait(for: "ready")
      kill(supervisor, signal)
    }
    #expect(launcher.lines(of: "heard") == ["heard"])
    #expect(outcome.exitCode == code)
    #expect(launcher.starts.count == 1)
  }

  @Test("takes signals at any moment")
  func manySignals() throws {
    let launcher = try StandInLauncher([
      "trap '' USR1; for ((i = 0; i < 2000; i++)); do kill -USR1 $PPID; sleep 0.001; done; exit 75"
    ])
    let outcome = try launcher.supervise()
    #expect(outcome.exitCode == 75 && !outcome.hasTimedOut, "\(outcome.standardError)")
    #expect(launcher.starts.count == 1)
  }

  @Test("ends a job that heeds neither the wish to stop nor SIGTERM")
  func stubborn() throws {
    let launcher = try StandInLauncher([
      """
      trap 'touch heard' USR1; trap 'echo TERM >>terms' TERM; touch ready; \
      while :; do sleep 0.05; done
      """
    ])
    let outcome = try launcher.supervise { supervisor in
      launcher.wait(for: "ready")
      kill(supervisor, SIGTERM)
      launcher.wait(for: "heard")
      kill(supervisor, SIGTERM)
    }
    #expect(launcher.lines(of: "terms") == ["TERM", "TERM"])
    #expect(outcome.exitCode == 75 && !outcome.hasTimedOut)
    #expect(outcome.standardError.contains("it was asked to stop twice: ending the job"))
    #expect(outcome.standardError.contains("code 137"))
  }

  @Test("ends a launcher that outlives its ranks, and starts it again")
  func launcherWithoutRanks() throws {
    let launcher = try StandInLauncher([
      "rank_until_seen; while :; do sleep 0.05; done", "exit 0",
    ])
    let outcome = try launcher.supervise(["-e", "2"])
    #expect(outcome.exitCode == 0 && launcher.starts.count == 2)
    #expect(outcome.standardError.contains("the ranks of this host ended "))
    #expect(outcome.standardError.contains("with code 143 (it was ended because the ranks of"))
  }

  @Test("ends a launcher that starts no rank, and starts it again")
  func launcherThatHangs() throws {
    let launcher = try StandInLauncher(["while :; do sleep 0.05; done", "exit 0"])
    let outcome = try launcher.supervise(["-s", "2"])
    #expect(outcome.exitCode == 0 && launcher.starts.count == 2)
    #expect(outcome.standardError.contains("no rank was started in "))
  }

  @Test("kills ranks that its launcher left behind")
  func leftRanks() throws {
    let launcher = try StandInLauncher([
      """
      setsid bash -c 'trap "" TERM; touch ready; for i in {1..1200}; do sleep 0.05; done' & \
      echo $! >rank; until [ -e ready ]; do sleep 0.05; done; echo step >>run/log.jsonl; wait
      """,
      "while [[ $(ps -o stat= -p $(cat rank)) == [!Z]* ]]; do sleep 0.05; done; exit 0",
    ])
    let outcome = try launcher.supervise(["-q", "2"])
    #expect(outcome.exitCode == 0 && !outcome.hasTimedOut)
    #expect(launcher.starts.count == 2)
  }

  @Test("tries again where the ranks of its last start still hold the run directory")
  func refusedRestart() throws {
    let launcher = try StandInLauncher(["checkpoint 1; exit 137", "exit 64", "exit 0"])
    #expect(try launcher.supervise(["-r", "1"]).exitCode == 0)
    #expect(launcher.starts.count == 3)
  }

  @Test("ends a run that logs no more steps, and starts it again")
  func quietRun() throws {
    let launcher = try StandInLauncher([
      "echo step >>run/log.jsonl; while :; do sleep 0.05; done", "exit 0",
    ])
    let outcome = try launcher.supervise(["-q", "2"])
    #expect(outcome.exitCode == 0 && launcher.starts.count == 2)
    #expect(outcome.standardError.contains("no step was logged in "))
  }

  @Test("has mpirun notice a lost host soon, unless told otherwise")
  func keepAlive() throws {
    let launcher = try StandInLauncher([
      "env | grep oob_tcp | sort | cut -d_ -f5- >settings; exit 0"
    ])
    #expect(try launcher.supervise().exitCode == 0)
    #expect(
      launcher.lines(of: "settings") == [
        "keepalive_intvl=1", "keepalive_probes=7", "keepalive_time=3",
      ])
  }

  @Test(
    "refuses what it could not do right",
    arguments: [
      (["doctor"], "neither the word \"train\" nor \"compare\""),
      (["train", "--resume", "old.safetensors"], "leave out --resume old.safetensors"),
      (["train", "--resume=never"], "leave out --resume never"),
      (["train", "--config", "run.yaml"], "name the run directory on the command line"),
    ])
  func refusals(training: [String], sentence: String) throws {
    let launcher = try StandInLauncher(["exit 0"])
    let outcome = try launcher.supervise(training: training)
    #expect(outcome.exitCode == 64)
    #expect(outcome.standardError.contains(sentence))
    #expect(launcher.starts.isEmpty)
  }

  @Test("takes options that say themselves where the run is and that it resumes")
  func resumesAlready() throws {
    let launcher = try StandInLauncher(["checkpoint 1; exit 137", "exit 0"])
    let arguments = ["train", "--resume=auto", "--output=run", "--config=run.yaml"]
    let outcome = try launcher.supervise(training: arguments)
    #expect(outcome.exitCode == 0)
    #expect(
      launcher.starts == Array(repeating: "gan-dist " + arguments.joined(separator: " "), count: 2))
    #expect(outcome.standardError.contains("newest checkpoint: step-1;"))
  }

  @Test("ends its job when it is killed itself")
  func death() throws {
    let launcher = try StandInLauncher([
      "trap 'touch terminated; exit' TERM; touch ready; while :; do sleep 0.05; done"
    ])
    let outcome = try launcher.supervise { supervisor in
      launcher.wait(for: "ready")
      kill(supervisor, SIGKILL)
    }
    #expect(outcome.exitCode == 137)
    launcher.wait(for: "terminated")
    #expect(launcher.starts.count == 1)
  }
}
