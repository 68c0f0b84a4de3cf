import Foundation
import Wording

/// A safetensors file opened for reading.
///
/// The header is verified before anything else, and so is the checksum where the file carries one
/// (see `SafetensorsWriter`). Tensors are read when asked for, straight into their destination; the
/// file is held open, so replacing it by rename does not disturb a reader.
public struct SafetensorsFile: Sendable {
  /// Where the file was opened.
  public let path: String
  /// The text that the file's author put beside the tensors.
  public let metadata: [String: String]
  /// Every tensor's type, shape and place, by name.
  public let tensors: [String: TensorEntry]
  /// The names of the tensors in the order of their data.
  public let names: [String]
  /// Whether the file carried a checksum, which then was right.
  public let isVerified: Bool

  private let source: ReadableFile
  private let dataStart: Int

  /// Opens a file and verifies it.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - checksum: Whether a file without a checksum is refused.
  /// - Throws: `SafetensorsError`.
  public init(
    contentsOf path: String, checksum policy: ChecksumPolicy = .verifiedWhenPresent
  ) throws {
    let source = try ReadableFile(path)
    do {
      let headerBytes = try Self.readHeader(of: source)
      var header = try HeaderParser.parse(headerBytes)
      let dataStart = 8 + headerBytes.count
      try header.arrange(dataByteCount: source.byteCount - dataStart)

      self.path = path
      self.source = source
      self.dataStart = dataStart
      isVerified = try Self.verifyChecksum(of: source, headerBytes, header)
      metadata = header.metadata.filter { key, _ in
        key != Checksum.valueKey && key != Checksum.scopeKey
      }
      tensors = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0.entry) })
      names = header.entries.map(\.name)
    } catch let fault as HeaderFault {
      throw SafetensorsError.malformed(path: path, reason: fault.reason)
    }
    if policy == .required && !isVerified { throw SafetensorsError.noChecksum(path: path) }
  }

  /// The elements of a floating-point tensor in row-major order.
  ///
  /// `F32`, `F16` and `BF16` are exact; `F64` is rounded to the nearest `Float`.
  /// - Throws: `SafetensorsError` where the tensor is missing, not floating-point or unreadable.
  public func floats(named name: String) throws -> [Float] {
    let entry = try entry(named: name)
    switch entry.dtype {
    case .float32: return try elements(of: entry, as: Float.self)
    case .float64: return try elements(of: entry, as: Double.self).map { Float($0) }
    case .bfloat16:
      return try elements(of: entry, as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    case .float16: return try elements(of: entry, as: UInt16.self).map(Self.float(half:))
    default:
      throw SafetensorsError.unexpectedType(
        path: path, name: name, found: entry.dtype, wanted: "floating-point numbers")
    }
  }

  /// The elements of an integer tensor, whose type must be exactly `Integer`.
  ///
  /// - Throws: `SafetensorsError` where the tensor is missing, of another type or unreadable.
  public func integers<Integer: SafetensorsInteger>(
    named name: String, as type: Integer.Type = Integer.self
  ) throws -> [Integer] {
    let entry = try entry(named: name)
    guard entry.dtype == Integer.safetensorsDType else {
      throw SafetensorsError.unexpectedType(
        path: path, name: name, found: entry.dtype, wanted: Integer.safetensorsDType.rawValue)
    }
    return try elements(of: entry, as: Integer.self)
  }

  /// Lends a tensor's bytes, which are little-endian and row-major, for the time of `body`.
  ///
  /// - Throws: `SafetensorsError` where the tensor is missing or unreadable, and what `body`
  ///   throws.
  public func withBytes<Result>(
    named name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let entry = try entry(named: name)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: entry.byteRange.count, alignment: 64)
    defer { buffer.deallocate() }
    try source.read(into: buffer, from: dataStart + entry.byteRange.lowerBound)
    return try body(UnsafeRawBufferPointer(buffer))
  }

  private func entry(named name: String) throws -> TensorEntry {
    guard let entry = tensors[name] else {
      throw SafetensorsError.noTensor(path: path, name: name)
    }
    return entry
  }

  private func elements<Element: BitwiseCopyable>(
    of entry: TensorEntry, as type: Element.Type
  ) throws -> [Element] {
    try [Element](unsafeUninitializedCapacity: entry.count) { buffer, initializedCount in
      let destination = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<entry.byteRange.count])
      try source.read(into: destination, from: dataStart + entry.byteRange.lowerBound)
      initializedCount = entry.count
    }
  }

  private static func readHeader(of source: ReadableFile) throws -> [UInt8] {
    guard source.byteCount >= 8 else {
      throw HeaderFault(reason: "it has \(source.byteCount.counted("byte")) and was cut short")
    }
    var length: UInt64 = 0
    try withUnsafeMutableBytes(of: &length) { try source.read(into: $0, from: 0) }
    length = UInt64(littleEndian: length)
    guard length <= SafetensorsHeader.byteLimit else {
      throw HeaderFault(
        reason: "its header would be \(length.counted("byte")), more than the format's limit of "
          + "\(SafetensorsHeader.byteLimit)")
    }
    guard length <= source.byteCount - 8 else {
      throw HeaderFault(
        reason:
          "its header would be \(length.counted("byte")) but the file has only \(source.byteCount)")
    }
    return try [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, initializedCount in
      let destination = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<Int(length)])
      try source.read(into: destination, from: 8)
      initializedCount = Int(length)
    }
  }

  /// Compares the file with its checksum; false where it has none.
  private static func verifyChecksum(
    of source: ReadableFile, _ headerBytes: [UInt8], _ header: SafetensorsHeader
  ) throws -> Bool {
    let digits = header.checksumDigits
    let scope = header.metadata[Checksum.scopeKey]
    if digits == nil && scope == nil { return false }
    guard let digits, scope == Checksum.scope, digits.count == Checksum.placeholder.utf8.count,
      case let text = String(decoding: headerBytes[digits], as: UTF8.self),
      let expected = UInt32(text, radix: 16), text == hexadecimal(expected)
    else {
      throw HeaderFault(reason: "its metadata says that it has a checksum but not which")
    }
    var checksum = CRC32C()
    withUnsafeBytes(of: UInt64(headerBytes.count).littleEndian) { checksum.update(with: $0) }
    var blanked = headerBytes
    blanked.replaceSubrange(digits, with: Checksum.placeholder.utf8)
    blanked.withUnsafeBytes { checksum.update(with: $0) }
    try source.forEachPiece(from: 8 + headerBytes.count) { checksum.update(with: $0) }
    guard checksum.value == expected else {
      throw SafetensorsError.damaged(
        path: source.path, expected: expected, found: checksum.value)
    }
    return true
  }

  /// Widens an IEEE half without relying on the platform's `Float16`.
  private static func float(half bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF)
    let sign = UInt32(bits & 0x8000) << 16
    if magnitude >= 0x7C00 {
      return Float(bitPattern: sign | 0x7F80_0000 | (magnitude & 0x3FF) << 13)
    }
    // Placing the exponent unbiased and multiplying by 2^112 also scales the subnormals.
    let scaled =
      Float(bitPattern: magnitude << 13) * Float(sign: .plus, exponent: 112, significand: 1)
    return Float(bitPattern: sign | scaled.bitPattern)
  }
}
