/// What TurboJPEG does not tell about a JPEG file: its metadata segments and whether it has an end.
struct JPEGSegments {
  /// The TIFF structure of the first EXIF segment.
  private(set) var exif: ArraySlice<UInt8>?
  /// Whether Adobe's segment is there, which means that inks are stored inverted.
  private(set) var hasAdobeSegment = false
  private let bytes: [UInt8]
  private var firstScan = 0

  /// Walks the segments up to the first scan; every length is checked against the bytes.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xFF {
      let marker = bytes[position + 1]
      guard marker != 0xFF else {
        position += 1
        continue
      }
      let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      let end = position + 2 + length
      guard end <= bytes.count else {
        position = bytes.count
        break
      }
      guard length >= 2 else { break }
      let payload = bytes[(position + 4)..<end]
      switch marker {
      case 0xE1 where exif == nil && payload.starts(with: JPEGSegments.exifIdentifier):
        exif = payload.dropFirst(JPEGSegments.exifIdentifier.count)
      case 0xEE where payload.starts(with: "Adobe".utf8):
        hasAdobeSegment = true
      default: break
      }
      position = end
      if marker == 0xDA { break }
    }
    firstScan = position
  }

  /// Whether an end marker follows the first scan; a thumbnail's lies before it.
  var hasEndMarker: Bool {
    let scans = bytes[firstScan...]
    return zip(scans, scans.dropFirst()).contains { $0 == 0xFF && $1 == 0xD9 }
  }

  private static let exifIdentifier: [UInt8] = Array("Exif\0\0".utf8)
}
