import Pictures
import Testing

/// One kind of PNG file.
struct PNGKind: CustomTestStringConvertible {
  let colorType: PNGFile.ColorType
  let depth: Int
  let isInterlaced: Bool

  var testDescription: String {
    "\(colorType), \(depth) bits\(isInterlaced ? ", interlaced" : "")"
  }

  static let all = PNGFile.ColorType.allCases.flatMap { colorType in
    colorType.depths.flatMap { depth in
      [false, true].map { PNGKind(colorType: colorType, depth: depth, isInterlaced: $0) }
    }
  }

  var file: PNGFile {
    PNGFile(
      width: 9, height: 7, colorType: colorType, depth: depth, isInterlaced: isInterlaced)
  }

  var levels: Int { 1 << depth }

  /// Some sample for every place, spread over all levels.
  func sample(_ row: Int, _ column: Int, _ channel: Int) -> Int {
    (row * 7919 + column * 104_729 + channel * 1_299_709) % levels
  }

  /// A sample as an 8-bit level.
  func level(_ sample: Int) -> Double {
    Double(sample) * 255 / Double(levels - 1)
  }
}

private let palette: [RGB] = (0..<256).map { index in
  RGB(red: UInt8(index), green: UInt8(255 - index), blue: UInt8(index * 37 % 256))
}
private let background = RGB(red: 20, green: 130, blue: 240)

@Suite("Decoding PNG")
struct PNGDecodingTests {
  @Test("every colour type and depth gives the colours of its samples", arguments: PNGKind.all)
  func colorTypes(kind: PNGKind) throws {
    var file = kind.file
    if kind.colorType == .palette { file.chunks = [("PLTE", paletteBytes(kind.levels))] }
    let decoded = try Picture(
      decoding: file.bytes(sample: kind.sample), background: background)
    expect(decoded, shows: kind) { row, column in
      let levels = (0..<kind.colorType.channels).map { kind.level(kind.sample(row, column, $0)) }
      switch kind.colorType {
      case .grey: return Paint(levels[0], levels[0], levels[0])
      case .greyAlpha: return Paint(levels[0], levels[0], levels[0], alpha: levels[1])
      case .rgb: return Paint(levels[0], levels[1], levels[2])
      case .rgba: return Paint(levels[0], levels[1], levels[2], alpha: levels[3])
      case .palette: return Paint(palette[kind.sample(row, column, 0)])
      }
    }
  }

  @Test(
    "a palette's own transparency shows the background",
    arguments: PNGKind.all.filter { $0.colorType == .palette })
  func paletteTransparency(kind: PNGKind) throws {
    let alphas = (0..<kind.levels).map { UInt8($0 * 91 % 256) }
    var file = kind.file
    file.chunks = [("PLTE", paletteBytes(kind.levels)), ("tRNS", alphas)]
    let decoded = try Picture(
      decoding: file.bytes(sample: kind.sample), background: background)
    expect(decoded, shows: kind) { row, column in
      let index = kind.sample(row, column, 0)
      return Paint(palette[index], alpha: Double(alphas[index]))
    }
  }

  @Test(
    "the one transparent colour of grey and RGB files shows the background",
    arguments: PNGKind.all.filter { [.grey, .rgb].contains($0.colorType) })
  func transparentColor(kind: PNGKind) throws {
    let key = (0..<kind.colorType.channels).map { kind.sample(3, 5, $0) }
    var file = kind.file
    file.chunks = [("tRNS", key.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })]
    let decoded = try Picture(
      decoding: file.bytes(sample: kind.sample), background: background)
    expect(decoded, shows: kind) { row, column in
      let samples = (0..<kind.colorType.channels).map { kind.sample(row, column, $0) }
      let levels = samples.map(kind.level)
      return Paint(
        levels[0], levels[levels.count / 2], levels[levels.count - 1],
        alpha: samples == key ? 0 : 255)
    }
    #expect(decoded[row: 3, column: 5] == background)
  }

  @Test("half transparent black on white is middle grey, as viewers show it")
  func mixesInSRGBValues() throws {
    let file = PNGFile(width: 1, height: 1, colorType: .rgba, depth: 8)
    let decoded = try Picture(decoding: file.bytes { [0, 0, 0, 128][$2 + $0 + $1] })
    #expect(decoded[row: 0, column: 0] == RGB(red: 127, green: 127, blue: 127))
  }

  @Test("a PNG with an eXIf chunk is turned upright")
  func orientation() throws {
    var file = PNGFile(width: 2, height: 1, colorType: .grey, depth: 8)
    file.chunks = [("eXIf", exif(orientation: 6))]
    let decoded = try Picture(decoding: file.bytes { [10, 200][$1 + $0 + $2] })
    #expect(decoded.width == 1 && decoded.height == 2)
    #expect(decoded[row: 0, column: 0].red == 10 && decoded[row: 1, column: 0].red == 200)
  }

  private func paletteBytes(_ count: Int) -> [UInt8] {
    palette.prefix(count).flatMap { [$0.red, $0.green, $0.blue] }
  }

  /// Expects a picture whose pixels are the given ones on the background: exactly rounded for
  /// 8 bits and fewer, within one level for 16, which are rounded before they are mixed.
  private func expect(
    _ decoded: Picture, shows kind: PNGKind, paint: (_ row: Int, _ column: Int) -> Paint
  ) {
    let expected = picture(width: 9, height: 7) { paint($0, $1).over(background) }
    #expect(decoded.width == 9 && decoded.height == 7)
    let difference = largestDifference(decoded.pixels, expected.pixels)
    #expect(difference.map { $0 <= (kind.depth == 16 ? 1 : 0) } == true, "\(difference as Any)")
  }
}

/// A colour before it is rounded, from 0 to 255, and how much of it covers what lies behind.
private struct Paint {
  let red, green, blue, alpha: Double

  init(_ red: Double, _ green: Double, _ blue: Double, alpha: Double = 255) {
    (self.red, self.green, self.blue, self.alpha) = (red, green, blue, alpha)
  }

  init(_ color: RGB, alpha: Double = 255) {
    self.init(Double(color.red), Double(color.green), Double(color.blue), alpha: alpha)
  }

  func over(_ color: RGB) -> RGB {
    func mixed(_ foreground: Double, _ background: UInt8) -> UInt8 {
      let share = alpha / 255
      return UInt8((foreground * share + Double(background) * (1 - share)).rounded())
    }
    return RGB(
      red: mixed(red, color.red), green: mixed(green, color.green), blue: mixed(blue, color.blue))
  }
}

/// A little-endian EXIF structure that holds an orientation and nothing else.
func exif(orientation: UInt8) -> [UInt8] {
  Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]
    + [0, 0, 0, 0]
}
