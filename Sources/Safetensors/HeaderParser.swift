/// A fault in the header, worded to stand after "is not a valid safetensors file:".
struct HeaderFault: Error {
  let reason: String
}

/// A strict reader of the one shape of JSON that a safetensors header may have.
///
/// Written out instead of using a general JSON decoder because those keep one of two duplicate keys
/// without a word, and because nothing here recurses: no header can exhaust the stack.
struct HeaderParser {
  /// More dimensions than this no program makes; without a limit a header could ask for gigabytes.
  private static let rankLimit = 64

  private let bytes: [UInt8]
  private var position = 0
  private var header = SafetensorsHeader()

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Reads a whole header, its padding included.
  static func parse(_ bytes: [UInt8]) throws -> SafetensorsHeader {
    guard bytes.first == UInt8(ascii: "{") else {
      throw HeaderFault(reason: "its header does not begin with {")
    }
    var parser = HeaderParser(bytes)
    try parser.parseMembers { parser, name in
      if name == "__metadata__" {
        try parser.parseMetadata()
      } else {
        try parser.parseTensor(named: name)
      }
    }
    while parser.position < bytes.count {
      try parser.expectExactly(" ")
    }
    return parser.header
  }

  private mutating func parseMetadata() throws {
    try parseMembers { parser, key in
      parser.skipWhitespace()
      // The value's own bytes are needed later: the checksum is taken without its digits.
      let start = parser.position + 1
      let value = try parser.parseString()
      parser.header.metadata[key] = value
      if key == Checksum.valueKey {
        parser.header.checksumDigits = start..<(parser.position - 1)
      }
    }
  }

  private mutating func parseTensor(named name: String) throws {
    var dtype: SafetensorsDType?
    var shape: [Int]?
    var offsets: [Int]?
    try parseMembers { parser, key in
      switch key {
      case "dtype":
        let word = try parser.parseString()
        guard let known = SafetensorsDType(rawValue: word) else {
          throw HeaderFault(reason: "tensor \(name) has the unknown element type \(word)")
        }
        dtype = known
      case "shape": shape = try parser.parseIntegers()
      case "data_offsets": offsets = try parser.parseIntegers()
      default: throw HeaderFault(reason: "tensor \(name) has the unknown property \(key)")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2, offsets[0] <= offsets[1] else {
      throw HeaderFault(reason: "tensor \(name) lacks its dtype, its shape or two data_offsets")
    }
    header.entries.append(
      (name, TensorEntry(dtype: dtype, shape: shape, byteRange: offsets[0]..<offsets[1])))
  }

  // MARK: JSON

  /// Reads an object, giving each member's name to `body`, which reads the member's value.
  private mutating func parseMembers(
    _ body: (inout HeaderParser, String) throws -> Void
  ) throws {
    var names: Set<String> = []
    try parseList(from: "{", to: "}") { parser in
      let name = try parser.parseString()
      guard names.insert(name).inserted else {
        throw HeaderFault(reason: "its header has the key \(name) twice")
      }
      try parser.expect(":")
      try body(&parser, name)
    }
  }

  private mutating func parseIntegers() throws -> [Int] {
    var integers: [Int] = []
    try parseList(from: "[", to: "]") { parser in
      guard integers.count < Self.rankLimit else {
        throw HeaderFault(reason: "its header has a list of more than \(Self.rankLimit) numbers")
      }
      integers.append(try parser.parseInteger())
    }
    return integers
  }

  private mutating func parseList(
    from opening: Unicode.Scalar, to closing: Unicode.Scalar,
    item: (inout HeaderParser) throws -> Void
  ) throws {
    try expect(opening)
    if accept(closing) { return }
    repeat {
      try item(&self)
    } while accept(",")
    try expect(closing)
  }

  private mutating func parseInteger() throws -> Int {
    skipWhitespace()
    let start = position
    var value = 0
    while position < bytes.count, case let digit = Int(bytes[position]) - 0x30,
      (0...9).contains(digit)
    {
      let (tens, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, stillTooLarge) = tens.addingReportingOverflow(digit)
      guard !tooLarge, !stillTooLarge else {
        throw HeaderFault(reason: "its header has a number too large for any file")
      }
      value = sum
      position += 1
    }
    let hasLeadingZero = position - start > 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, !hasLeadingZero else { throw fault(expecting: "a whole number") }
    return value
  }

  private mutating func parseString() throws -> String {
    try expect("\"")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw HeaderFault(reason: "its header has text that is not UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): try appendEscape(to: &text)
      case ..<0x20: throw HeaderFault(reason: "its header has a control character within text")
      default: text.append(byte)
      }
    }
    throw fault(expecting: "a closing quotation mark")
  }

  private mutating func appendEscape(to text: inout [UInt8]) throws {
    guard position < bytes.count else { throw fault(expecting: "an escape") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var units = [try parseCodeUnit()]
      if UTF16.isLeadSurrogate(units[0]) {
        try expectExactly("\\")
        try expectExactly("u")
        units.append(try parseCodeUnit())
      }
      guard let character = String(validating: units, as: UTF16.self) else {
        throw fault(expecting: "a Unicode character")
      }
      text.append(contentsOf: character.utf8)
    default: throw fault(expecting: "an escape")
    }
  }

  private mutating func parseCodeUnit() throws -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw fault(expecting: "a hexadecimal digit") }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  private mutating func expect(_ scalar: Unicode.Scalar) throws {
    guard accept(scalar) else { throw fault(expecting: "\(scalar)") }
  }

  private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    skipWhitespace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  private mutating func expectExactly(_ scalar: Unicode.Scalar) throws {
    guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else {
      throw fault(expecting: "\(scalar)")
    }
    position += 1
  }

  private mutating func skipWhitespace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private func fault(expecting wanted: String) -> HeaderFault {
    HeaderFault(reason: "its header is not valid JSON: byte \(position) should be \(wanted)")
  }
}
