import Foundation
import Wording

/// The fixed first bytes of an image store.
///
/// A store is this preamble, then all pixels `[count, imageSize, imageSize, 3]`, then the
/// description as JSON. The description comes last because which files are usable is known only
/// when all are decoded. Numbers are 64 bits, the lowest byte first.
struct StorePreamble: Equatable {
  static let byteCount = 40
  private static let magic = Array("PORTRAIT".utf8)
  private static let version: UInt64 = 1

  /// The number of bytes of all pixels.
  let pixelByteCount: Int
  /// The number of bytes of the description.
  let descriptionByteCount: Int

  /// The number of bytes of the whole file, or nil if it is beyond what can be counted.
  private var fileByteCount: Int? {
    let (data, overflow) = pixelByteCount.addingReportingOverflow(descriptionByteCount)
    let (file, fileOverflow) = data.addingReportingOverflow(Self.byteCount)
    return overflow || fileOverflow ? nil : file
  }

  /// Returns the preamble's bytes; their last eight are a checksum of the rest and `description`.
  func encoded(before description: Data) -> [UInt8] {
    let fields =
      Self.magic + Self.bytes(of: Self.version) + Self.bytes(of: UInt64(pixelByteCount))
      + Self.bytes(of: UInt64(descriptionByteCount))
    return fields + Self.bytes(of: Self.checksum(fields, description).value)
  }

  /// Reads the preamble of the store `file` and checks it and the description against it.
  ///
  /// - Throws: `StoreDamage` if the file was cut or extended, or altered outside of its pixels.
  static func read(from file: UnsafeRawBufferPointer) throws -> StorePreamble {
    guard file.count >= byteCount else { throw StoreDamage("it is too short") }
    guard file.prefix(magic.count).elementsEqual(magic) else {
      throw StoreDamage("it does not begin like one")
    }
    guard number(in: file, at: 8) == version else {
      throw StoreDamage("it was written by another version of this program")
    }
    guard
      let pixelByteCount = Int(exactly: number(in: file, at: 16)),
      let descriptionByteCount = Int(exactly: number(in: file, at: 24))
    else { throw StoreDamage("its sizes make no sense") }
    let preamble = StorePreamble(
      pixelByteCount: pixelByteCount, descriptionByteCount: descriptionByteCount)
    guard preamble.fileByteCount == file.count else {
      throw StoreDamage("it has \(file.count.counted("byte")), not as many as it says")
    }
    let fields = UnsafeRawBufferPointer(rebasing: file[..<32])
    guard checksum(fields, file[preamble.descriptionRange]).value == number(in: file, at: 32)
    else { throw StoreDamage("its checksum is wrong") }
    return preamble
  }

  /// Where the description stands in the file.
  var descriptionRange: Range<Int> {
    let start = Self.byteCount + pixelByteCount
    return start..<start + descriptionByteCount
  }

  private static func checksum(
    _ fields: some Sequence<UInt8>, _ description: some Sequence<UInt8>
  ) -> ContentDigest {
    var digest = ContentDigest(of: fields)
    digest.append(description)
    return digest
  }

  private static func bytes(of number: UInt64) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static func number(in file: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
    UInt64(littleEndian: file.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// What is wrong with the bytes of an image store.
struct StoreDamage: Error {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
