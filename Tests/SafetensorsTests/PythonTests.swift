import Foundation
import Safetensors
import Testing

/// Exchanges files with the reference implementation, where a Python has it.
///
/// `GAN_DIST_PYTHON` names the interpreter; without it `python3` is looked for on the path.
@Suite(
  "Exchange with Python's safetensors",
  .enabled(
    if: (try? runPython("import numpy, safetensors.numpy")) != nil,
    "needs a python3 with numpy and safetensors; name one in GAN_DIST_PYTHON"))
struct PythonTests {
  private let folder = TemporaryFolder()

  @Test("Python reads what we write")
  func pythonReads() throws {
    let path = folder.path("ours.safetensors")
    var writer = SafetensorsWriter(metadata: ["naïve": "tab\t\"quote\""])
    writer.add("w", shape: [2, 3], floats: [0, 0.5, 1, 1.5, 2, 2.5])
    writer.add("scalar", shape: [], floats: [7])
    writer.add("empty", shape: [0, 4], floats: [])
    writer.add("words", shape: [2], integers: [UInt64.max, 1])
    writer.add("step", shape: [1], integers: [Int64(-3)])
    try writer.write(to: path)
    let answer = try runPython(
      """
      import sys, safetensors, numpy
      with safetensors.safe_open(sys.argv[1], "numpy") as file:
          t = {name: file.get_tensor(name) for name in file.keys()}
          assert sorted(t) == ["empty", "scalar", "step", "w", "words"], sorted(t)
          assert (t["w"] == numpy.arange(6, dtype="float32").reshape(2, 3) / 2).all()
          assert t["w"].dtype == numpy.float32
          assert t["scalar"].shape == () and t["scalar"] == 7
          assert t["empty"].shape == (0, 4)
          assert t["words"].tolist() == [2**64 - 1, 1] and t["step"].tolist() == [-3]
          assert file.metadata()["naïve"] == 'tab\\t"quote"'
          print(file.metadata()["gan-dist.checksum"])
      """, path)
    #expect(answer.count == 8)
  }

  @Test("We read what Python writes, single values and empty tensors included")
  func pythonWrites() throws {
    let path = folder.path("theirs.safetensors")
    _ = try runPython(
      """
      import sys, numpy
      from safetensors.numpy import save_file
      save_file({
          "main.0.weight": numpy.arange(6, dtype="float32").reshape(2, 3) / 2,
          "scalar": numpy.array(7, dtype="float32"),
          "empty": numpy.zeros((3, 0), dtype="float32"),
          "half": numpy.array([0.1, -65504, 6e-8], dtype="float16"),
          "double": numpy.array([0.1]),
          "flag": numpy.array([True]),
          "num_batches_tracked": numpy.array(12, dtype="int64"),
      }, sys.argv[1], metadata={"format": "pt", "é": "\\u2028\\\\"})
      """, path)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(try file.floats(named: "main.0.weight") == [0, 0.5, 1, 1.5, 2, 2.5])
    #expect(file.tensors["scalar"]?.shape == [])
    #expect(try file.floats(named: "scalar") == [7])
    #expect(file.tensors["empty"]?.shape == [3, 0])
    #expect(try file.floats(named: "empty").isEmpty)
    #expect(try file.floats(named: "half") == [0.099975586, -65504, 5.9604645e-08])
    #expect(try file.floats(named: "double") == [0.1])
    #expect(try file.integers(named: "num_batches_tracked") == [Int64(12)])
    #expect(file.metadata == ["format": "pt", "é": "\u{2028}\\"])
    #expect(!file.isVerified)
  }
}

private struct PythonFailed: Error, CustomStringConvertible {
  let description: String
}

/// What `program` prints, without its last newline.
private func runPython(_ program: String, _ arguments: String...) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  let interpreter = ProcessInfo.processInfo.environment["GAN_DIST_PYTHON"] ?? "python3"
  process.arguments = [interpreter, "-c", program] + arguments
  let (output, complaints) = (Pipe(), Pipe())
  process.standardOutput = output
  process.standardError = complaints
  try process.run()
  let printed = output.fileHandleForReading.readDataToEndOfFile()
  let complaint = complaints.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw PythonFailed(description: String(decoding: complaint, as: UTF8.self))
  }
  return String(decoding: printed, as: UTF8.self).trimmingCharacters(in: .newlines)
}
