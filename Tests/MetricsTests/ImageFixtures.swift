import Metrics

/// Pictures of soft waves and noise, each a function of its index, by integer arithmetic that
/// `Tests/Fixtures/make_metric_fixtures.py` repeats.
struct WavePictures: ImageSet {
  let count: Int
  let imageSize: Int
  /// Tells sets of pictures apart.
  var kind = 0

  func pixels(of indices: Range<Int>) -> [UInt8] { indices.flatMap(picture) }

  private func picture(_ index: Int) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(imageSize * imageSize * 3)
    for y in 0..<imageSize {
      for x in 0..<imageSize {
        for channel in 0..<3 {
          let wave = triangle(x * (3 + index % 5) + y * (2 + (index + kind) % 3) + 40 * channel)
          var hash = UInt32(((index * imageSize + y) * imageSize + x) * 3 + channel)
          hash = (hash &+ UInt32(kind) &* 0x1F3D_5B79) &* 0x9E37_79B9
          hash = (hash ^ (hash >> 15)) &* 0x85EB_CA6B
          pixels.append(UInt8((wave * 3 + Int(hash >> 26) + 16 * kind) & 255))
        }
      }
    }
    return pixels
  }

  /// A wave of period 128 between 0 and 64.
  private func triangle(_ place: Int) -> Int { abs(64 - place % 128) }
}

/// Images in memory.
struct ImagesInMemory: ImageSet {
  let imageSize: Int
  private let bytes: [UInt8]

  var count: Int { bytes.count / (imageSize * imageSize * 3) }

  /// Creates a set of images `[count, imageSize, imageSize, 3]`.
  init(imageSize: Int, pixels: [UInt8]) {
    precondition(
      imageSize > 0 && pixels.count.isMultiple(of: imageSize * imageSize * 3),
      "\(pixels.count) bytes are no images of \(imageSize) pixels squared")
    self.imageSize = imageSize
    bytes = pixels
  }

  func pixels(of indices: Range<Int>) -> [UInt8] {
    let width = imageSize * imageSize * 3
    return Array(bytes[indices.lowerBound * width..<indices.upperBound * width])
  }
}
