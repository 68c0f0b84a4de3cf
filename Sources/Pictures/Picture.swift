/// An 8-bit RGB picture, its rows from top to bottom.
public struct Picture: Sendable, Equatable {
  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Red, green and blue of every pixel, `[height, width, 3]`, in sRGB values.
  public private(set) var pixels: [UInt8]

  /// Makes a picture of pixels that are already there.
  ///
  /// - Parameter pixels: `[height, width, 3]`, so exactly `height * width * 3` bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture has at least one pixel")
    precondition(
      pixels.count == width * height * 3,
      "\(pixels.count) bytes do not make a picture of \(width)×\(height)×3")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// Makes a picture of one colour.
  public static func filled(with color: RGB, width: Int, height: Int) -> Picture {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for _ in 0..<(width * height) {
      pixels.append(color.red)
      pixels.append(color.green)
      pixels.append(color.blue)
    }
    return Picture(width: width, height: height, pixels: pixels)
  }

  /// The colour of one pixel; row 0 is the top, column 0 the left.
  public subscript(row row: Int, column column: Int) -> RGB {
    get {
      let offset = offset(row: row, column: column)
      return RGB(red: pixels[offset], green: pixels[offset + 1], blue: pixels[offset + 2])
    }
    set {
      let offset = offset(row: row, column: column)
      pixels[offset] = newValue.red
      pixels[offset + 1] = newValue.green
      pixels[offset + 2] = newValue.blue
    }
  }

  /// Copies another picture into this one, its top left pixel at the given place.
  mutating func paste(_ picture: Picture, row top: Int, column left: Int) {
    precondition(
      top >= 0 && left >= 0 && top + picture.height <= height && left + picture.width <= width,
      "a \(picture.width)×\(picture.height) picture at row \(top), column \(left) "
        + "does not lie inside \(width)×\(height)")
    let rowBytes = picture.width * 3
    for row in 0..<picture.height {
      let target = ((top + row) * width + left) * 3
      pixels.replaceSubrange(
        target..<(target + rowBytes),
        with: picture.pixels[(row * rowBytes)..<((row + 1) * rowBytes)])
    }
  }

  private func offset(row: Int, column: Int) -> Int {
    precondition(
      row >= 0 && row < height && column >= 0 && column < width,
      "row \(row), column \(column) lies outside \(width)×\(height)")
    return (row * width + column) * 3
  }
}
