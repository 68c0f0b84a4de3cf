// A training job for ReplicaTests to run under mpirun: after two steps a number of rank 1 changes,
// as a fault of its memory would do it.
import Collectives
import Foundation
import GANs
import Layers
import Training

guard let output = CommandLine.arguments.dropFirst().first else {
  print("usage: drift-probe RUN-DIRECTORY")
  exit(64)
}
var configuration = TrainingConfiguration()
configuration.architecture = ArchitectureOptions(
  imageSize: 32, latentDimension: 8, featureMaps: 8)
configuration.data.paintedCount = 16
configuration.optimization.batchSize = 8
configuration.optimization.steps = 6
configuration.output.path = output
configuration.output.checkpointEvery = 2
configuration.output.sampleCount = 4

let communicator = try Launch.communicator(stallTimeout: .seconds(60))
let fault = Trainer.Milestones(after: [2]) { _, generator in
  guard communicator.rank == 1 else { return }
  generator.state.weights.withMutableScalars(of: 0) { $0[5] += 1 }
}
do {
  _ = try Trainer(
    configuration, communicator: communicator, machine: .init(threads: 1, stallTimeout: 60),
    milestones: fault
  ).train(resuming: .never)
  try communicator.finish()
} catch let error as TrainingError {
  if communicator.isRoot { FileHandle.standardError.write(Data("\(error)\n".utf8)) }
  try communicator.finish()
  exit(error.kind.rawValue)
}
