import Wording

/// Where a tensor lies in a safetensors file, and how its bytes are to be read.
public struct TensorEntry: Equatable, Sendable {
  /// The type of the elements.
  public let dtype: SafetensorsDType
  /// The extent of each dimension, slowest first; empty for a single value.
  public let shape: [Int]
  /// The tensor's bytes, counted from the start of the data section.
  public let byteRange: Range<Int>

  /// How many elements the tensor has.
  public var count: Int { byteRange.count / dtype.byteCount }
}

/// The header of a safetensors file.
struct SafetensorsHeader {
  /// No header may be longer; the limit is the reference implementation's.
  static let byteLimit = 100_000_000

  var metadata: [String: String] = [:]
  var entries: [(name: String, entry: TensorEntry)] = []
  /// The bytes of the header that hold the digits of the checksum.
  var checksumDigits: Range<Int>?

  /// Brings the entries into file order and checks that they tile the data section.
  ///
  /// - Throws: `HeaderFault` where a tensor's size is not its shape's, where two tensors overlap,
  ///   and where bytes belong to no tensor.
  mutating func arrange(dataByteCount: Int) throws {
    // Several empty tensors may share an offset; they keep the header's order.
    let order = entries.indices.sorted { left, right in
      let (a, b) = (entries[left].entry.byteRange, entries[right].entry.byteRange)
      return (a.lowerBound, a.upperBound, left) < (b.lowerBound, b.upperBound, right)
    }
    entries = order.map { entries[$0] }

    var end = 0
    for (name, entry) in entries {
      guard entry.byteRange.lowerBound == end else {
        throw HeaderFault(
          reason: "tensor \(name) begins at byte \(entry.byteRange.lowerBound) of the data "
            + "although the tensor before it ends at \(end)")
      }
      guard Self.byteCount(of: entry) == entry.byteRange.count else {
        throw HeaderFault(
          reason:
            "tensor \(name) has \(entry.byteRange.count.counted("byte")), which is not the size of "
            + "\(entry.dtype.rawValue) \(entry.shape)")
      }
      end = entry.byteRange.upperBound
    }
    guard end == dataByteCount else {
      throw HeaderFault(
        reason: "its tensors take \(end.counted("byte")) of data but the file has \(dataByteCount)")
    }
  }

  /// The bytes that an entry's shape and type ask for, or nil where no file could hold them.
  private static func byteCount(of entry: TensorEntry) -> Int? {
    var product = 1
    for factor in entry.shape + [entry.dtype.byteCount] {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }
}
