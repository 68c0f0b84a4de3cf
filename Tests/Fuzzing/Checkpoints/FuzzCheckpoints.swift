import FuzzingSupport
import Safetensors
import Training

/// Opens the input as a safetensors file and reads all of it, then as a checkpoint, from which it
/// goes on training and makes a generator.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCheckpoints(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  file.hold(UnsafeBufferPointer(start: start, count: count))
  do {
    try readTensors()
    try restore()
  } catch is SafetensorsError {
  } catch is TrainingError {
  } catch {
    fatalError("not an error of safetensors or checkpoints: \(error)")
  }
  return 0
}

private func readTensors() throws {
  let tensors = try SafetensorsFile(contentsOf: file.path)
  for name in tensors.names {
    guard let entry = tensors.tensors[name] else { fatalError("\(name) has no entry") }
    let byteCount = try tensors.withBytes(named: name) { $0.count }
    precondition(byteCount == entry.byteRange.count)
    let readings = [
      { try tensors.floats(named: name).count },
      { try tensors.integers(named: name, as: UInt8.self).count },
      { try tensors.integers(named: name, as: Int64.self).count },
    ]
    for read in readings {
      do {
        let count = try read()
        precondition(count == entry.count)
      } catch SafetensorsError.unexpectedType {
      }
    }
  }
}

private func restore() throws {
  let checkpoint = try Checkpoint(contentsOf: file.path)
  for averaged in [true, false] { _ = try checkpoint.imageGenerator(averaged: averaged) }
  // A run makes its state before it restores it, as large as its own options say.
  let gan = try checkpoint.configuration.makeGAN()
  guard gan.generator.layout.parameterCount + gan.discriminator.layout.parameterCount < 10_000
  else { return }
  let state = TrainingState(gan: gan, seed: 1, averageHalfLife: 100)
  try checkpoint.restore(state, continuing: checkpoint.configuration)
}

private nonisolated(unsafe) let file = InputFile()
