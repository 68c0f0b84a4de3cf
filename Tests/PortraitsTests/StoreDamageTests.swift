import Foundation
import Portraits
import Testing

@Suite("Damaged image stores")
struct StoreDamageTests {
  private let files: PortraitFiles
  private let intact: [UInt8]
  private let pixelBytes = 3 * 4 * 4 * 3
  private let preambleBytes = 40

  init() throws {
    files = try PortraitFiles(portraits: 3)
    _ = try ImageStore.build(
      folder: files.path, options: ImageStore.Options(imageSize: 4),
      to: files.path(of: ".packed.portraits"))
    intact = try files.bytes(of: ".packed.portraits")
  }

  /// Returns whether a store of these bytes is refused as damaged.
  private func isRefused(_ bytes: some Sequence<UInt8>) throws -> Bool {
    try files.add(".damaged.portraits", bytes: bytes)
    let error = portraitError { _ = try ImageStore.open(files.path(of: ".damaged.portraits")) }
    guard case .storeDamaged = error else { return false }
    return true
  }

  @Test("a store cut anywhere is refused")
  func truncated() throws {
    for length in 0..<intact.count {
      #expect(try isRefused(intact.prefix(length)), "cut to \(length) bytes")
    }
    #expect(try !isRefused(intact))
    #expect(try isRefused(intact + [0]))
  }

  @Test("a store with any changed byte is refused")
  func altered() throws {
    for offset in intact.indices {
      for mask: UInt8 in [0x01, 0xFF] {
        var bytes = intact
        bytes[offset] ^= mask
        #expect(try isRefused(bytes), "byte \(offset) changed by \(mask)")
      }
    }
  }

  @Test("a description that is sealed but contradicts itself is refused")
  func inconsistent() throws {
    let description = String(decoding: intact[(preambleBytes + pixelBytes)...], as: UTF8.self)
    for (original, replacement) in [
      ("\"count\":3", "\"count\":4"), ("\"count\":3", "\"count\":-3"),
      ("\"imageLabels\":[0,0,0]", "\"imageLabels\":[0,0,7]"),
      ("\"imageSize\":4", "\"imageSize\":4611686018427387904"),
      ("\"imageSize\":4", "\"imageSize\":-4"), ("{", "["),
    ] {
      let altered = description.replacing(original, with: replacement)
      try #require(altered != description)
      #expect(try isRefused(sealed(description: Array(altered.utf8))), "\(replacement)")
    }
    #expect(try !isRefused(sealed(description: Array(description.utf8))))
  }

  @Test("a folder, a device, a pipe or nothing in place of a store is an error, without waiting")
  func otherThings() {
    let pipe = files.path(of: "pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    for path in [files.path, "/dev/null", pipe, files.path(of: "missing")] {
      let error = portraitError { _ = try ImageStore.open(path) }
      guard case .storeUnreadable(path, _) = error else {
        Issue.record("\(path) gives \(String(describing: error)).")
        continue
      }
    }
  }

  /// Returns the intact pixels with this description, lengths and checksum made to match.
  private func sealed(description: [UInt8]) -> [UInt8] {
    let length = withUnsafeBytes(of: UInt64(description.count).littleEndian) { Array($0) }
    let fields = intact[..<24] + length
    let checksum = ContentDigest(of: fields + description).value
    return fields + withUnsafeBytes(of: checksum.littleEndian) { Array($0) }
      + intact[preambleBytes..<preambleBytes + pixelBytes] + description
  }
}
