import FuzzingSupport
import Training

/// Reads the input as a file of options, and makes the configuration of a run of it.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOptions(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  file.hold(UnsafeBufferPointer(start: start, count: count))
  do {
    let arguments = try ConfiguredArguments(["train", "--config", file.path])
    guard let train = try arguments.parse(as: GanDist.self) as? Train else { return 0 }
    let configuration = train.resolved
    for rankCount in [1, 3] { try configuration.validate(rankCount: rankCount) }
  } catch {
    // Whatever it is, the program says it and ends.
  }
  return 0
}

private nonisolated(unsafe) let file = InputFile()
