/// Writes any kind of PNG from the specification alone, without libpng or a compressor.
struct PNGFile {
  enum ColorType: Int, CaseIterable {
    case grey = 0
    case rgb = 2
    case palette = 3
    case greyAlpha = 4
    case rgba = 6

    var channels: Int {
      switch self {
      case .grey, .palette: 1
      case .greyAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }

    var depths: [Int] {
      switch self {
      case .grey: [1, 2, 4, 8, 16]
      case .palette: [1, 2, 4, 8]
      case .rgb, .greyAlpha, .rgba: [8, 16]
      }
    }
  }

  var width: Int
  var height: Int
  var colorType: ColorType
  var depth: Int
  var isInterlaced = false
  /// Chunks between the header and the pixels, such as a palette.
  var chunks: [(type: String, payload: [UInt8])] = []

  /// The signature and the header chunk.
  var headerBytes: [UInt8] {
    let header =
      bigEndian(width) + bigEndian(height)
      + [UInt8(depth), UInt8(colorType.rawValue), 0, 0, isInterlaced ? 1 : 0]
    return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header)
  }

  /// The file whose sample at a row, column and channel is what the closure says.
  func bytes(sample: (_ row: Int, _ column: Int, _ channel: Int) -> Int) -> [UInt8] {
    var filtered: [UInt8] = []
    for pass in isInterlaced ? PNGFile.adam7 : [Pass(0, 0, 1, 1)] {
      let columns = Array(stride(from: pass.left, to: width, by: pass.columnStep))
      if columns.isEmpty { continue }
      for row in stride(from: pass.top, to: height, by: pass.rowStep) {
        let samples = columns.flatMap { column in
          (0..<colorType.channels).map { sample(row, column, $0) }
        }
        filtered += [0] + packed(samples)
      }
    }
    return headerBytes + chunks.flatMap { chunk($0.type, $0.payload) }
      + chunk("IDAT", stored(filtered))
      + chunk("IEND", [])
  }

  /// Samples as they lie in a row: 16 bits big-endian, less than 8 from the high bits down.
  private func packed(_ samples: [Int]) -> [UInt8] {
    guard depth < 8 else {
      return samples.flatMap { depth == 16 ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0)] }
    }
    let perByte = 8 / depth
    return stride(from: 0, to: samples.count, by: perByte).map { start in
      (0..<perByte).reduce(UInt8(0)) { byte, index in
        let sample = start + index < samples.count ? samples[start + index] : 0
        return byte << UInt8(depth) | UInt8(sample)
      }
    }
  }

  private struct Pass {
    let top, left, rowStep, columnStep: Int
    init(_ top: Int, _ left: Int, _ rowStep: Int, _ columnStep: Int) {
      (self.top, self.left, self.rowStep, self.columnStep) = (top, left, rowStep, columnStep)
    }
  }

  private static let adam7 = [
    Pass(0, 0, 8, 8), Pass(0, 4, 8, 8), Pass(4, 0, 8, 4), Pass(0, 2, 4, 4), Pass(2, 0, 4, 2),
    Pass(0, 1, 2, 2), Pass(1, 0, 2, 1),
  ]
}

private func bigEndian(_ value: Int) -> [UInt8] {
  [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
}

private func chunk(_ type: String, _ payload: [UInt8]) -> [UInt8] {
  let body = Array(type.utf8) + payload
  return bigEndian(payload.count) + body + bigEndian(crc32(body))
}

/// A zlib stream of one stored block.
private func stored(_ bytes: [UInt8]) -> [UInt8] {
  precondition(bytes.count < 65536)
  let low = UInt8(bytes.count & 255)
  let high = UInt8(bytes.count >> 8)
  var (a, b) = (1, 0)
  for byte in bytes {
    a = (a + Int(byte)) % 65521
    b = (b + a) % 65521
  }
  return [0x78, 0x01, 0x01, low, high, ~low, ~high] + bytes + bigEndian(b << 16 | a)
}

private func crc32(_ bytes: [UInt8]) -> Int {
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
  }
  return Int(~crc)
}
