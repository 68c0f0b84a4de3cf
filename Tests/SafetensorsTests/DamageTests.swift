import Foundation
import Safetensors
import Testing

@Suite("Damaged and dishonest safetensors files")
struct DamageTests {
  private let folder = TemporaryFolder()

  /// The bytes of a small sound file.
  private func soundFile() throws -> [UInt8] {
    let path = folder.path("sound.safetensors")
    var writer = SafetensorsWriter(metadata: ["architecture": "dcgan"])
    writer.add("main.0.weight", shape: [2, 3], floats: (0..<6).map { Float($0) * 0.3 })
    writer.add("step", shape: [], integers: [UInt64(7)])
    try writer.write(to: path)
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  private func isAccepted(_ bytes: [UInt8], as name: String = "changed.safetensors") throws -> Bool
  {
    let path = folder.path(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      _ = try SafetensorsFile(contentsOf: path)
      return true
    } catch let error as SafetensorsError {
      #expect(error.description.hasPrefix(path))
      return false
    }
  }

  @Test("A file cut at any byte is refused")
  func truncation() throws {
    let sound = try soundFile()
    #expect(try isAccepted(sound))
    for length in 0..<sound.count {
      #expect(try !isAccepted(Array(sound[..<length])), "cut to \(length) bytes")
    }
    #expect(try !isAccepted(sound + [0]))
  }

  @Test("A file with any byte changed is refused", arguments: [0x01, 0x20, 0x80, 0xFF] as [UInt8])
  func changedByte(mask: UInt8) throws {
    let sound = try soundFile()
    for index in sound.indices {
      var changed = sound
      changed[index] ^= mask
      #expect(
        try !isAccepted(changed, as: "changed-\(mask).safetensors"),
        "byte \(index) with the bits \(mask) turned over")
    }
  }

  @Test("A changed weight is called damage")
  func damage() throws {
    var bytes = try soundFile()
    bytes[bytes.count - 3] ^= 4
    let path = folder.path("weight.safetensors")
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      _ = try SafetensorsFile(contentsOf: path)
      Issue.record("a changed weight went unseen")
    } catch SafetensorsError.damaged(path, _, _) {
    }
  }

  @Test(
    "Headers that break a rule of the format are refused with the rule",
    arguments: [
      (#"{"a":\#(f32(0, 4)),"a":\#(f32(4, 8))}"#, "the key a twice"),
      (#"{"a":\#(f32(0, 4)),"\u0061":\#(f32(4, 8))}"#, "the key a twice"),
      (#"{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "dtype twice"),
      (#"{"__metadata__":{"k":"1","k":"2"},"a":\#(f32(0, 4)),"b":\#(f32(4, 8))}"#, "k twice"),
      (#"{"a":\#(f32(0, 4)),"b":\#(f32(0, 4)),"c":\#(f32(4, 8))}"#, "begins at byte 0"),
      (#"{"a":\#(f32(4, 8))}"#, "begins at byte 4"),
      (#"{"a":\#(f32(0, 4))}"#, "take 4 bytes of data but the file has 8"),
      (#"{"a":\#(f32(0, 4)),"b":\#(f32(4, 8)),"c":\#(f32(8, 12))}"#, "take 12 bytes"),
      (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "not the size of F32 [3]"),
      (
        #"{"a":{"dtype":"F32","shape":[4611686018427387905,2],"data_offsets":[0,8]}}"#,
        "not the size"
      ),
      (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}"#, "too large"),
      (
        #"{"a":{"dtype":"F64","shape":[\#(Array(repeating: "1", count: 65).joined(separator: ","))],"#
          + #""data_offsets":[0,8]}}"#, "more than 64 numbers"
      ),
      (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "a whole number"),
      (#"{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}"#, "not valid JSON"),
      (#"{"a":{"dtype":"F32","shape":[02],"data_offsets":[0,8]}}"#, "a whole number"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, "two data_offsets"),
      (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}"#, "two data_offsets"),
      (#"{"a":{"dtype":"F32","shape":[2]}}"#, "two data_offsets"),
      (#"{"a":{"dtype":"Q4","shape":[2],"data_offsets":[0,8]}}"#, "unknown element type Q4"),
      (#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8],"x":1}}"#, "unknown property x"),
      (#"{"__metadata__":{"k":1},"a":\#(f32(0, 4)),"b":\#(f32(4, 8))}"#, "not valid JSON"),
      (#"{"a":\#(f32(0, 4)),"b":\#(f32(4, 8))"#, "not valid JSON"),
      (#"{"a":\#(f32(0, 4)),"b":\#(f32(4, 8)),}"#, "not valid JSON"),
      (#"{"a":\#(f32(0, 4)),"b":\#(f32(4, 8))} x"#, "not valid JSON"),
      (#"{"a\#u{0}":\#(f32(0, 4)),"b":\#(f32(4, 8))}"#, "control character"),
      (#"{"\ud800":\#(f32(0, 4)),"b":\#(f32(4, 8))}"#, "not valid JSON"),
      (#"{"a":null,"b":\#(f32(0, 8))}"#, "not valid JSON"),
      (#" {"a":\#(f32(0, 4)),"b":\#(f32(4, 8))}"#, "does not begin with {"),
      ("[]", "does not begin with {"),
      ("", "does not begin with {"),
    ])
  func brokenRules(header: String, reason: String) throws {
    let path = folder.path("rule.safetensors")
    try folder.writeFile(path, header: header, data: [UInt8](repeating: 0, count: 8))
    do {
      _ = try SafetensorsFile(contentsOf: path)
      Issue.record("a header that breaks a rule was accepted")
    } catch SafetensorsError.malformed(path, let found) {
      #expect(found.contains(reason), "\(found)")
    }
  }

  @Test("Brackets nested a hundred thousand deep are refused, not followed")
  func deepNesting() throws {
    let path = folder.path("deep.safetensors")
    let brackets = String(repeating: "[", count: 100_000)
    try folder.writeFile(path, header: #"{"a":\#(brackets)"#, data: [])
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: path) }
  }

  @Test("A header may be padded with spaces and its tensors stand in any order")
  func lawfulLiberties() throws {
    let path = folder.path("liberties.safetensors")
    try folder.writeFile(
      path, header: #"{ "b" : \#(f32(4, 8)) , "a":\#(f32(0, 4)) }     "#,
      data: [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40])
    let file = try SafetensorsFile(contentsOf: path)
    #expect(file.names == ["a", "b"])
    #expect(try file.floats(named: "a") == [1])
    #expect(try file.floats(named: "b") == [2])
  }

  @Test(
    "A header length beyond the file or the format's limit is refused before it is believed",
    arguments: [100, 100_000_001, UInt64(Int64.max), UInt64.max])
  func hugeHeader(length: UInt64) throws {
    let path = folder.path("huge.safetensors")
    try folder.writeFile(path, header: "{}", data: [], declaredHeaderLength: length)
    #expect(throws: SafetensorsError.self) { try SafetensorsFile(contentsOf: path) }
  }

  @Test("A missing file, a folder and a named pipe are refused without waiting")
  func notFiles() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [folder.path("missing"), folder.url.path, pipe] {
      do {
        _ = try SafetensorsFile(contentsOf: path)
        Issue.record("\(path) was accepted")
      } catch SafetensorsError.cannotRead(path, _) {
      }
    }
  }
}

/// The entry of a tensor with one float at these offsets.
private func f32(_ begin: Int, _ end: Int) -> String {
  #"{"dtype":"F32","shape":[1],"data_offsets":[\#(begin),\#(end)]}"#
}
