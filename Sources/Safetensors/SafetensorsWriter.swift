import Files

/// Gathers tensors and writes them as one safetensors file.
///
/// Tensors are streamed: floats that are lent are written from where they lie, floats that are made
/// on demand exist one tensor at a time. Order and padding are the reference implementation's
/// (widest elements first, then by name), so any safetensors reader opens the file. Two keys of
/// `__metadata__` carry a checksum of the whole file, which `SafetensorsFile` verifies:
/// `gan-dist.checksum` (eight hexadecimal digits, the CRC-32C of the file with these digits as
/// `00000000`) and `gan-dist.checksum.scope`, which says the same in words.
public struct SafetensorsWriter {
  private struct Addition {
    let name: String
    let dtype: SafetensorsDType
    let shape: [Int]
    let byteCount: Int
    let withBytes: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  }

  private let metadata: [String: String]
  private var additions: [Addition] = []

  /// Begins a file that holds `metadata` beside its tensors.
  public init(metadata: [String: String] = [:]) {
    precondition(
      metadata[Checksum.valueKey] == nil && metadata[Checksum.scopeKey] == nil,
      "the checksum is the writer's own")
    self.metadata = metadata
  }

  /// Adds a tensor of floats that are lent: they must stay valid and unchanged until written.
  public mutating func add(
    _ name: String, shape: [Int], floats: UnsafeBufferPointer<Float>
  ) {
    let bytes = UnsafeRawBufferPointer(floats)
    precondition(floats.count == shape.reduce(1, *), "\(name) has as many floats as its shape")
    append(name, .float32, shape) { try $0(bytes) }
  }

  /// Adds a tensor of floats.
  public mutating func add(_ name: String, shape: [Int], floats: [Float]) {
    add(name, shape: shape) { try floats.withUnsafeBufferPointer($0) }
  }

  /// Adds a tensor of floats that `lend` hands over when their turn to be written comes.
  public mutating func add(
    _ name: String, shape: [Int],
    lending lend: @escaping ((UnsafeBufferPointer<Float>) throws -> Void) throws -> Void
  ) {
    append(name, .float32, shape) { write in
      try lend { try write(UnsafeRawBufferPointer($0)) }
    }
  }

  /// Adds a tensor of integers.
  public mutating func add<Integer: SafetensorsInteger>(
    _ name: String, shape: [Int], integers: [Integer]
  ) {
    append(name, Integer.safetensorsDType, shape) { body in
      try integers.withUnsafeBytes(body)
    }
  }

  /// Writes the file, replacing what stood at `path` only when the new file is safely on disk and
  /// has been read back from there.
  ///
  /// - Parameter onProgress: Called now and then with the number of bytes that are on disk.
  /// - Returns: The size of the file in bytes.
  /// - Throws: `SafetensorsError.cannotWrite`, for example on a full disk,
  ///   `SafetensorsError.readsBackDifferently` on a failing one, and what the maker of a tensor's
  ///   floats throws. No partial file is then left, and the old file is untouched, unless it was
  ///   its folder that could not be put on disk: then the new file stands there, but may not
  ///   survive a power cut.
  @discardableResult
  public func write(
    to path: String, onProgress: @escaping (Int) -> Void = { _ in }
  ) throws -> Int {
    let ordered = additions.sorted {
      $0.dtype.byteCount != $1.dtype.byteCount
        ? $0.dtype.byteCount > $1.dtype.byteCount : $0.name < $1.name
    }
    do {
      let file = try NewFile(path, onProgress: onProgress)
      try write(ordered, to: file)
      try file.publish { temporaryPath in
        do {
          _ = try SafetensorsFile(contentsOf: temporaryPath, checksum: .required)
        } catch let error as SafetensorsError {
          throw SafetensorsError.readsBackDifferently(path: path, reason: error.complaint)
        }
      }
      return file.byteCount
    } catch let error as SystemError {
      throw SafetensorsError.cannotWrite(path: path, because: error)
    }
  }

  private func write(_ ordered: [Addition], to file: NewFile) throws {
    let (header, digitsOffset) = encodeHeader(of: ordered)
    var checksum = CRC32C()
    func append(_ bytes: UnsafeRawBufferPointer) throws {
      checksum.update(with: bytes)
      try file.append(bytes)
    }

    try withUnsafeBytes(of: UInt64(header.count).littleEndian, append)
    try header.withUnsafeBytes(append)
    for addition in ordered {
      try addition.withBytes { bytes in
        precondition(
          bytes.count == addition.byteCount, "\(addition.name) has as many elements as its shape")
        try append(bytes)
      }
    }
    try file.overwrite(Array(hexadecimal(checksum.value).utf8), at: 8 + digitsOffset)
  }

  private mutating func append(
    _ name: String, _ dtype: SafetensorsDType, _ shape: [Int],
    withBytes: @escaping ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) {
    precondition(name != "__metadata__", "__metadata__ is not a tensor")
    precondition(!additions.contains { $0.name == name }, "\(name) was added before")
    additions.append(
      Addition(
        name: name, dtype: dtype, shape: shape,
        byteCount: shape.reduce(dtype.byteCount, *), withBytes: withBytes))
  }

  /// The header padded to a multiple of eight bytes, and where in it the checksum's digits go.
  private func encodeHeader(of ordered: [Addition]) -> (bytes: [UInt8], digitsOffset: Int) {
    var text = "{\"__metadata__\":{\(quoted(Checksum.valueKey)):\""
    let digitsOffset = text.utf8.count
    text += "\(Checksum.placeholder)\",\(quoted(Checksum.scopeKey)):\(quoted(Checksum.scope))"
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      text += ",\(quoted(key)):\(quoted(value))"
    }
    text += "}"
    var end = 0
    for addition in ordered {
      let shape = addition.shape.map(String.init).joined(separator: ",")
      text += ",\(quoted(addition.name)):{\"dtype\":\"\(addition.dtype.rawValue)\""
      text += ",\"shape\":[\(shape)],\"data_offsets\":[\(end),\(end + addition.byteCount)]}"
      end += addition.byteCount
    }
    text += "}"
    var bytes = Array(text.utf8)
    while bytes.count % 8 != 0 { bytes.append(UInt8(ascii: " ")) }
    return (bytes, digitsOffset)
  }

  /// `text` as a JSON string.
  private func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case ..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
