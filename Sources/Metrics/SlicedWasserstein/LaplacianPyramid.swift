/// The Laplacian pyramid of an image (Burt & Adelson, 1983): each level holds what is lost when the
/// image is halved, and the last level what is left.
///
/// The filter is (1 4 6 4 1)/16 along both axes, and edges are mirrored about the last pixel, as
/// PGGAN has it (Karras et al., 2018, section 5).
enum LaplacianPyramid {
  /// The smallest side of a level, in pixels.
  static let smallestSize = 16

  /// Returns the sides of the levels of an image of `imageSize` pixels, such as 64, 32, 16.
  static func sizes(of imageSize: Int) -> [Int] {
    var sizes = [imageSize]
    while let last = sizes.last, last.isMultiple(of: 2), last / 2 >= smallestSize {
      sizes.append(last / 2)
    }
    return sizes
  }

  /// Returns level `level` of an image: `[side, side, 3]`, in units of the bytes.
  /// - Parameter bytes: an image `[size, size, 3]`.
  static func level(_ level: Int, of bytes: UnsafeBufferPointer<UInt8>, size: Int) -> [Float] {
    let isLast = level == sizes(of: size).count - 1
    var picture = bytes.map { Float($0) }
    var side = size
    for _ in 0..<level {
      picture = halved(picture, size: side)
      side /= 2
    }
    guard !isLast else { return picture }
    let blurred = doubled(halved(picture, size: side), size: side / 2)
    for index in picture.indices { picture[index] -= blurred[index] }
    return picture
  }

  /// Returns `picture` `[size, size, 3]` blurred, and every second pixel of it.
  static func halved(_ picture: [Float], size: Int) -> [Float] {
    let half = size / 2
    // Rows first: runs of a whole row are quick to add up.
    let rows = combiningRows(of: picture, width: size * 3, count: half) { row in
      [-2, -1, 0, 1, 2].map { mirrored(2 * row + $0, size) }
    } weights: { _ in
      [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    }
    let columns = combiningRows(
      of: transposed(rows, rows: half, columns: size), width: half * 3, count: half
    ) { column in
      [-2, -1, 0, 1, 2].map { mirrored(2 * column + $0, size) }
    } weights: { _ in
      [1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16]
    }
    return transposed(columns, rows: half, columns: half)
  }

  /// Returns `picture` `[size, size, 3]` with a row and a column of zeros after each, blurred, at
  /// the same brightness.
  static func doubled(_ picture: [Float], size: Int) -> [Float] {
    let double = size * 2
    let rows = combiningRows(of: picture, width: size * 3, count: double) {
      sources(ofDoubled: $0, size: size)
    } weights: {
      weights(ofDoubled: $0)
    }
    let columns = combiningRows(
      of: transposed(rows, rows: double, columns: size), width: double * 3, count: double
    ) {
      sources(ofDoubled: $0, size: size)
    } weights: {
      weights(ofDoubled: $0)
    }
    return transposed(columns, rows: double, columns: double)
  }

  /// The zeros drop out of the sum: even places see three pixels, odd ones two.
  private static func sources(ofDoubled place: Int, size: Int) -> [Int] {
    let offsets = place.isMultiple(of: 2) ? [-2, 0, 2] : [-1, 1]
    return offsets.map { mirrored(place + $0, 2 * size) / 2 }
  }

  private static func weights(ofDoubled place: Int) -> [Float] {
    place.isMultiple(of: 2) ? [1 / 8, 6 / 8, 1 / 8] : [4 / 8, 4 / 8]
  }

  private static func mirrored(_ place: Int, _ size: Int) -> Int {
    place < 0 ? -place : place < size ? place : 2 * (size - 1) - place
  }

  /// Returns `count` rows, each a weighted sum of rows of `picture`.
  private static func combiningRows(
    of picture: [Float], width: Int, count: Int, sources: (Int) -> [Int],
    weights: (Int) -> [Float]
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: count * width) { out, initializedCount in
      out.initialize(repeating: 0)
      initializedCount = count * width
      picture.withUnsafeBufferPointer { picture in
        guard let out = out.baseAddress, let picture = picture.baseAddress else { return }
        for row in 0..<count {
          for (source, weight) in zip(sources(row), weights(row)) {
            let (to, from) = (out + row * width, picture + source * width)
            for index in 0..<width { to[index] += weight * from[index] }
          }
        }
      }
    }
  }

  /// Exchanges the rows and the columns of pixels of three channels.
  private static func transposed(_ picture: [Float], rows: Int, columns: Int) -> [Float] {
    [Float](unsafeUninitializedCapacity: picture.count) { out, initializedCount in
      picture.withUnsafeBufferPointer { picture in
        for column in 0..<columns {
          for row in 0..<rows {
            let (to, from) = ((column * rows + row) * 3, (row * columns + column) * 3)
            out[to] = picture[from]
            out[to + 1] = picture[from + 1]
            out[to + 2] = picture[from + 2]
          }
        }
      }
      initializedCount = picture.count
    }
  }
}
