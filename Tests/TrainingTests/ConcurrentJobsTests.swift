import Foundation
import MPIRunSupport
import Pictures
import Synchronization
import Testing
import Training

extension ProgramTests {
  @Suite("trained by jobs that know nothing of one another")
  struct ConcurrentJobsTests {
    private let program: Program

    /// Makes a folder of pictures that take a second or so to decode.
    init() throws {
      program = try Program()
      let picture = try Data(
        Picture.filled(with: RGB(red: 90, green: 80, blue: 70), width: 1500, height: 1500)
          .jpegBytes())
      try program.write("", to: "faces/.keep")
      for index in 0..<60 {
        try picture.write(to: URL(fileURLWithPath: program.path("faces/\(index).jpg")))
      }
    }

    private var options: [String] { ["--data", program.path("faces")] }

    /// The cache's files, among which is a lock while a store is made.
    private var cacheFiles: [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: program.path("cache/gan-dist"))) ?? []
    }

    @Test("decodes a folder again of which a killed job has left half a store", arguments: [1, 2])
    func halfAStore(ranks: Int) throws {
      let killed = try program.train(ranks: ranks, into: "run", steps: 2, options) { process in
        program.wait { cacheFiles.contains { $0.hasSuffix(".partial") } }
        kill(process, SIGKILL)
      }
      #expect(killed.exitCode == 128 + SIGKILL)
      // The ranks of a killed mpirun live on for a moment.
      let outcome = try program.train(
        ranks: ranks, into: "run", steps: 2, options + ["--resume", "auto"])
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(outcome.standardOutput.contains("60 portraits of "))
      #expect(cacheFiles.count == 1 && cacheFiles[0].hasSuffix(".portraits"), "\(cacheFiles)")
    }

    @Test("stops while it decodes, when it is asked to", arguments: [1, 2])
    func stoppedDecoding(ranks: Int) throws {
      // A rank looks up after every 32 pictures for each thread.
      for index in 60..<240 {
        try FileManager.default.linkItem(
          atPath: program.path("faces/0.jpg"), toPath: program.path("faces/\(index).jpg"))
      }
      let outcome = try program.train(ranks: ranks, into: "run", steps: 2, options) { process in
        program.wait { cacheFiles.contains { $0.hasSuffix(".partial") } }
        kill(process, SIGUSR1)
      }
      expectRefusal(
        outcome, code: 75,
        "stopped while \(program.path("faces")) was being decoded, since it was asked to; what is "
          + "decoded in part is not kept, so let gan-dist prepare do it before training")
      #expect(cacheFiles.isEmpty, "\(cacheFiles)")
      #expect(!FileManager.default.fileExists(atPath: program.path("run")))
    }

    @Test("removes what a killed prepare has left beside its output")
    func halfAPackedStore() throws {
      let arguments = [
        "prepare", program.path("faces"), "--threads", "1", "--output",
        program.path("packed/faces"),
      ]
      try program.write("", to: "packed/.keep")
      func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: program.path("packed")).sorted()
      }
      _ = try program.run(arguments) { process in
        program.wait { (try? files().contains { $0.hasSuffix(".partial") }) == true }
        kill(process, SIGKILL)
      }
      #expect(try files().contains { $0.hasPrefix(".faces.") && $0.hasSuffix(".partial") })
      let outcome = try program.run(arguments)
      #expect(outcome.exitCode == 0, "\(outcome.standardError)")
      #expect(try files() == [".keep", "faces"])
    }

    @Test("decodes a folder once for two jobs, which train on the same pictures")
    func oneCache() throws {
      let outcomes = Mutex<[MPIRun.Outcome]>([])
      DispatchQueue.concurrentPerform(iterations: 2) { job in
        let outcome = try? program.train(ranks: job + 1, into: "run\(job)", steps: 2, options)
        outcomes.withLock { if let outcome { $0.append(outcome) } }
      }
      let finished = outcomes.withLock { $0 }
      #expect(finished.map(\.exitCode) == [0, 0], "\(finished.map(\.standardError))")
      let decoders = finished.filter { $0.standardOutput.contains("decoded 60 of 60 files") }
      #expect(decoders.count == 1)
      #expect(cacheFiles.count == 1 && cacheFiles[0].hasSuffix(".portraits"), "\(cacheFiles)")
    }
  }
}
