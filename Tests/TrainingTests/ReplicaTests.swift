import Collectives
import CollectivesSupport
import Foundation
import GANs
import Layers
import MPIRunSupport
import Tensors
import Testing
import Training

@Suite("Replicas that drift apart")
struct ReplicaTests {
  /// Returns what every rank says when one number of `change` is another on the rank `odd`.
  private static func complaints(
    ranks: Int, odd: Int?, _ change: @escaping @Sendable (TrainingState) -> TensorBuffer
  ) throws -> [String] {
    try InMemoryCommunicator.run(ranks: ranks, ranksPerHost: 1) { communicator in
      let gan = try ModelName.dcgan.makeGAN(
        ArchitectureOptions(imageSize: 32, latentDimension: 8, featureMaps: 8))
      let state = TrainingState(gan: gan, seed: 5, averageHalfLife: 100)
      state.step = 7
      if communicator.rank == odd {
        // The smallest difference there is, in the last tensor.
        let buffer = change(state)
        buffer.withMutableScalars(of: buffer.shapes.count - 1) { $0[0] = $0[0].nextUp }
      }
      do {
        try state.verifyReplicas(over: communicator)
        return ""
      } catch let error as TrainingError where error.kind == .software {
        return "\(error)"
      }
    }
  }

  @Test("are told from equal ones")
  func equal() throws {
    #expect(try Self.complaints(ranks: 3, odd: nil) { $0.generator.weights } == ["", "", ""])
  }

  @Test("are named by the tensor, the rank and the host")
  func named() throws {
    let changes: [(String, @Sendable (TrainingState) -> TensorBuffer)] = [
      ("generator_ema.main.9.weight", \.average.state.weights),
      ("generator.main.9.weight", \.generator.weights),
      ("discriminator.main.8.weight", \.discriminator.weights),
      ("discriminator.main.6.running_var", \.discriminator.statistics),
      (
        "optimizer.generator.second_moment.main.9.weight", \.generatorOptimizer.secondMoment
      ),
    ]
    for (tensor, change) in changes {
      let said = try Self.complaints(ranks: 2, odd: 1, change)
      #expect(said[0] == said[1])
      #expect(
        said[0].hasPrefix(
          "after step 7 the replicas are not equal: rank 1 on host1 has other numbers than rank 0 on "
            + "host0 in 1 of "), "\(said[0])")
      #expect(said[0].contains(" tensors, the first of which is \(tensor); "), "\(said[0])")
    }
  }

  @Test("are found on rank 0, too, where most others agree")
  func majority() throws {
    let said = try Self.complaints(ranks: 3, odd: 0) { $0.generator.weights }
    #expect(said[2].contains(": rank 0 on host0 has other numbers than rank 1 on host1 in 1 of "))
  }

  @Test(
    "end a job before they get into a checkpoint",
    .disabled(if: MPIRun.isAbsent, "mpirun is not installed"))
  func job() throws {
    let program = try Program()
    let outcome = try MPIRun.run(
      ranks: 2, executable: MPIRun.executable(named: "drift-probe"),
      arguments: [program.path("run")])
    expectRefusal(
      outcome, code: 70, "after step 4 the replicas are not equal: rank 1 on ")
    #expect(outcome.standardError.contains("the first of which is generator_ema.main.0.weight; "))
    let files = try FileManager.default.contentsOfDirectory(
      atPath: program.path("run/checkpoints"))
    #expect(files.sorted() == ["latest", "step-0000002.safetensors"])
  }
}
