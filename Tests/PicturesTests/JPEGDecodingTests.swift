import Pictures
import Testing

@Suite("Decoding JPEG")
struct JPEGDecodingTests {
  @Test(
    "every kind of JPEG decodes as Pillow decodes it",
    arguments: [
      "baseline-444", "baseline-422", "baseline-420", "progressive", "restart-markers", "rgb",
      "grey", "cmyk", "ycck",
    ])
  func kinds(name: String) throws {
    let decoded = try Picture(decoding: fixture("\(name).jpg"))
    #expect(decoded.width == 40 && decoded.height == 24)
    let difference = try largestDifference(decoded.pixels, fixture("\(name).rgb"))
    #expect(difference.map { $0 <= 2 } == true, "\(difference as Any)")
  }

  @Test("the colours are those of the scene that was encoded")
  func scenes() throws {
    for name in ["baseline-444", "baseline-420", "progressive", "rgb"] {
      let decoded = try Picture(decoding: fixture("\(name).jpg"))
      let difference = largestDifference(decoded.pixels, scene.pixels)
      #expect(difference.map { $0 <= 12 } == true, "\(name): \(difference as Any)")
    }
  }

  @Test("inks are inverted only where an Adobe segment is")
  func plainInks() throws {
    let decoded = try Picture(decoding: fixture("cmyk-plain.jpg"))
    let difference = try largestDifference(decoded.pixels, fixture("cmyk.rgb"))
    #expect(difference.map { $0 <= 8 } == true, "\(difference as Any)")
  }

  @Test("a picture is upright whatever its EXIF orientation", arguments: 1...8)
  func orientations(orientation: Int) throws {
    let decoded = try Picture(decoding: fixture("exif-\(orientation).jpg"))
    #expect(decoded.width == 40 && decoded.height == 24)
    let difference = largestDifference(decoded.pixels, scene.pixels)
    #expect(difference.map { $0 <= 12 } == true, "\(difference as Any)")
  }

  @Test("an EXIF structure that lies about itself leaves the picture as it is stored")
  func damagedMetadata() throws {
    let plain = try fixture("baseline-444.jpg")
    let expected = try Picture(decoding: plain)
    let intact = exif(orientation: 6)
    #expect(try Picture(decoding: plain.inserting(exif: intact)).width == 24)
    for length in 0..<(intact.count - 8) {
      #expect(
        try Picture(decoding: plain.inserting(exif: Array(intact.prefix(length)))) == expected)
    }
    let directoryFarAway = Array("II*\0".utf8) + [0xFF, 0xFF, 0xFF, 0xFF] + intact.dropFirst(8)
    #expect(try Picture(decoding: plain.inserting(exif: directoryFarAway)) == expected)
    let manyEntries = Array(intact.prefix(8)) + [0xFF, 0xFF] + [0, 0]
    #expect(try Picture(decoding: plain.inserting(exif: manyEntries)) == expected)
    for impossible: UInt8 in [0, 9, 255] {
      let bytes = plain.inserting(exif: exif(orientation: impossible))
      #expect(try Picture(decoding: bytes) == expected)
    }
  }

  @Test("bytes between scan and end that decoders skip do not make a picture damaged")
  func extraneousBytes() throws {
    var bytes = try fixture("baseline-444.jpg")
    let expected = try Picture(decoding: bytes)
    bytes.insert(contentsOf: [1, 2, 3], at: bytes.count - 2)
    #expect(try Picture(decoding: bytes) == expected)
    #expect(throws: PictureError.self) { try Picture(decoding: Array(bytes.dropLast(2))) }
  }
}

extension [UInt8] {
  /// A JPEG file with an EXIF segment put before all others.
  fileprivate func inserting(exif: [UInt8]) -> [UInt8] {
    let payload = Array("Exif\0\0".utf8) + exif
    let length = payload.count + 2
    return prefix(2) + [0xFF, 0xE1, UInt8(length >> 8), UInt8(length & 255)] + payload
      + dropFirst(2)
  }
}
