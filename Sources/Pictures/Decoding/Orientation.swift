/// How a stored picture has to be turned to be seen upright: the EXIF orientation.
enum Orientation: Int, CaseIterable {
  case upright = 1
  case mirrored
  case upsideDown
  case upsideDownMirrored
  case transposed
  /// Turn clockwise by a quarter.
  case quarterTurn
  case transverse
  /// Turn anticlockwise by a quarter.
  case quarterTurnBack

  /// Reads the orientation of an EXIF structure, which is a small TIFF file.
  ///
  /// Nil if there is none or the structure is damaged, in which case viewers show the picture as it
  /// is stored.
  init?(exif: ArraySlice<UInt8>) {
    guard let reader = TIFFReader(exif), let orientation = reader.shortValue(ofTag: 0x0112) else {
      return nil
    }
    self.init(rawValue: orientation)
  }

  /// Reads the orientation from the `eXIf` chunk of a PNG file; upright without one.
  init(ofPNG bytes: [UInt8]) {
    let chunk = PNGChunk.all(of: bytes).first { $0.name == "eXIf" }
    guard let payload = chunk?.payload, payload.upperBound <= bytes.count else {
      self = .upright
      return
    }
    self = Orientation(exif: bytes[payload]) ?? .upright
  }
}

/// Reads the first directory of a TIFF structure; every offset is checked against its bytes.
private struct TIFFReader {
  private let bytes: [UInt8]
  private let littleEndian: Bool
  private var directory = 0

  init?(_ slice: ArraySlice<UInt8>) {
    bytes = Array(slice)
    if bytes.starts(with: "II*\0".utf8) {
      littleEndian = true
    } else if bytes.starts(with: "MM\0*".utf8) {
      littleEndian = false
    } else {
      return nil
    }
    guard let offset = integer(at: 4, byteCount: 4) else { return nil }
    directory = offset
  }

  func shortValue(ofTag tag: Int) -> Int? {
    guard let entryCount = integer(at: directory, byteCount: 2) else { return nil }
    for entry in 0..<entryCount {
      let offset = directory + 2 + entry * 12
      guard let entryTag = integer(at: offset, byteCount: 2) else { return nil }
      guard entryTag == tag else { continue }
      let shortType = 3
      guard integer(at: offset + 2, byteCount: 2) == shortType,
        integer(at: offset + 4, byteCount: 4) == 1
      else { return nil }
      return integer(at: offset + 8, byteCount: 2)
    }
    return nil
  }

  private func integer(at offset: Int, byteCount: Int) -> Int? {
    guard offset >= 0, offset + byteCount <= bytes.count else { return nil }
    let field = bytes[offset..<(offset + byteCount)]
    return littleEndian
      ? field.reversed().reduce(0) { $0 << 8 | Int($1) } : field.reduce(0) { $0 << 8 | Int($1) }
  }
}

extension Picture {
  /// The picture as it is meant to be seen, if this is how it was stored.
  func upright(from orientation: Orientation) -> Picture {
    let lastRow = height - 1
    let lastColumn = width - 1
    return switch orientation {
    case .upright: self
    case .mirrored: remapped(width, height) { ($0, lastColumn - $1) }
    case .upsideDown: remapped(width, height) { (lastRow - $0, lastColumn - $1) }
    case .upsideDownMirrored: remapped(width, height) { (lastRow - $0, $1) }
    case .transposed: remapped(height, width) { ($1, $0) }
    case .quarterTurn: remapped(height, width) { (lastRow - $1, $0) }
    case .transverse: remapped(height, width) { (lastRow - $1, lastColumn - $0) }
    case .quarterTurnBack: remapped(height, width) { ($1, lastColumn - $0) }
    }
  }

  /// Builds a picture whose pixel at a row and column is this one's at the place that `source`
  /// names.
  private func remapped(
    _ newWidth: Int, _ newHeight: Int, source: (_ row: Int, _ column: Int) -> (Int, Int)
  ) -> Picture {
    var remapped: [UInt8] = []
    remapped.reserveCapacity(pixels.count)
    for row in 0..<newHeight {
      for column in 0..<newWidth {
        let (sourceRow, sourceColumn) = source(row, column)
        let offset = (sourceRow * width + sourceColumn) * 3
        remapped.append(pixels[offset])
        remapped.append(pixels[offset + 1])
        remapped.append(pixels[offset + 2])
      }
    }
    return Picture(width: newWidth, height: newHeight, pixels: remapped)
  }
}
