import Foundation
import Safetensors
import Testing

@Suite("Safetensors")
struct SafetensorsTests {
  private let folder = TemporaryFolder()

  @Test("What is written is what is read")
  func roundTrip() throws {
    let path = folder.path("all.safetensors")
    let weights = (0..<24).map { Float($0) / 7 - 1 }
    var writer = SafetensorsWriter(metadata: ["épreuve": "a \"quoted\"\n\\ text \u{1F3A8}"])
    weights.withUnsafeBufferPointer { lent in
      writer.add("main.0.weight", shape: [2, 3, 4], floats: lent)
      writer.add("bias", shape: [1], floats: [-0.0])
      writer.add("made", shape: [2]) {
        try [.infinity, .leastNonzeroMagnitude].withUnsafeBufferPointer($0)
      }
      writer.add("step", shape: [], integers: [UInt64.max])
      writer.add("positions", shape: [2], integers: [Int64.min, 3])
      writer.add("bytes", shape: [3], integers: [1, 2, 255] as [UInt8])
      writer.add("empty", shape: [0, 5], floats: [])
      #expect(throws: Never.self) { try writer.write(to: path) }
    }

    let file = try SafetensorsFile(contentsOf: path, checksum: .required)
    #expect(file.isVerified)
    #expect(file.metadata == ["épreuve": "a \"quoted\"\n\\ text \u{1F3A8}"])
    #expect(
      file.names == ["positions", "step", "bias", "empty", "made", "main.0.weight", "bytes"])
    #expect(try file.floats(named: "main.0.weight") == weights)
    #expect(file.tensors["main.0.weight"]?.shape == [2, 3, 4])
    #expect(try file.floats(named: "bias").map(\.bitPattern) == [0x8000_0000])
    #expect(try file.floats(named: "made") == [.infinity, .leastNonzeroMagnitude])
    #expect(try file.floats(named: "empty").isEmpty)
    #expect(try file.integers(named: "step") == [UInt64.max])
    #expect(try file.integers(named: "positions") == [Int64.min, 3])
    #expect(try file.withBytes(named: "bytes") { Array($0) } == [1, 2, 255])
  }

  @Test("The data section begins at a multiple of eight bytes, whatever the names")
  func alignment() throws {
    for length in 1...9 {
      let path = folder.path("aligned.safetensors")
      var writer = SafetensorsWriter()
      writer.add(String(repeating: "n", count: length), shape: [1], floats: [1])
      let byteCount = try writer.write(to: path)
      #expect(byteCount % 8 == 4)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == byteCount)
    }
  }

  @Test("Asking for a missing tensor or another type names the tensor and the file")
  func wrongRequests() throws {
    let path = folder.path("small.safetensors")
    var writer = SafetensorsWriter()
    writer.add("step", shape: [1], integers: [Int64(4)])
    try writer.write(to: path)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(throws: SafetensorsError.noTensor(path: path, name: "stop")) {
      try file.floats(named: "stop")
    }
    #expect(
      throws: SafetensorsError.unexpectedType(
        path: path, name: "step", found: .int64, wanted: "floating-point numbers")
    ) { try file.floats(named: "step") }
    #expect(throws: SafetensorsError.self) { try file.integers(named: "step", as: UInt64.self) }
  }

  @Test("Half, bfloat16 and double tensors read as floats")
  func widening() throws {
    let path = folder.path("narrow.safetensors")
    // 1, -2, the smallest subnormal, the largest finite, infinity.
    let halves: [UInt16] = [0x3C00, 0xC000, 0x0001, 0x7BFF, 0x7C00]
    let brains: [UInt16] = [0x3F80, 0xC049]
    try folder.writeFile(
      path,
      header: """
        {"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},\
        "b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]},\
        "d":{"dtype":"F64","shape":[1],"data_offsets":[14,22]}}
        """,
      data: halves.littleEndianBytes + brains.littleEndianBytes
        + [(0.1 as Double).bitPattern].littleEndianBytes)
    let file = try SafetensorsFile(contentsOf: path)
    #expect(!file.isVerified)
    #expect(
      try file.floats(named: "h") == [
        1, -2, Float(sign: .plus, exponent: -24, significand: 1), 65504, .infinity,
      ])
    #expect(try file.floats(named: "b") == [1, -3.140625])
    #expect(try file.floats(named: "d") == [0.1])
    #expect(throws: SafetensorsError.noChecksum(path: path)) {
      try SafetensorsFile(contentsOf: path, checksum: .required)
    }
  }

  @Test("CRC-32C gives the published check values")
  func checksum() {
    #expect(CRC32C(of: "123456789".utf8).value == 0xE306_9283)
    // RFC 3720, B.4.
    #expect(CRC32C(of: [UInt8](repeating: 0, count: 32)).value == 0x8A91_36AA)
    #expect(CRC32C(of: [UInt8](repeating: 0xFF, count: 32)).value == 0x62A8_AB43)
    #expect(CRC32C(of: (0..<32).map { UInt8($0) }).value == 0x46DD_794E)
  }
}
