import Foundation
import Pictures

/// The bytes of a file that `Fixtures/make_fixtures.py` made.
func fixture(_ name: String) throws -> [UInt8] {
  let folder = Bundle.module.bundleURL.appendingPathComponent("Fixtures")
  return Array(try Data(contentsOf: folder.appendingPathComponent(name)))
}

/// The soft colours that the JPEG fixtures show, 40 columns and 24 rows.
let scene = picture(width: 40, height: 24) { row, column in
  RGB(
    red: UInt8(40 + 5 * column), green: UInt8(230 - 7 * row),
    blue: UInt8(60 + 2 * column + 4 * row))
}

/// The noise that the resized fixtures were made of.
func noise(width: Int, height: Int) -> Picture {
  let pixels = (0..<(width * height * 3)).map { index in
    UInt8(truncatingIfNeeded: (UInt32(index) &* 2_654_435_761) >> 24)
  }
  return Picture(width: width, height: height, pixels: pixels)
}

/// A picture painted pixel by pixel.
func picture(width: Int, height: Int, color: (_ row: Int, _ column: Int) -> RGB) -> Picture {
  var picture = Picture.filled(with: .black, width: width, height: height)
  for row in 0..<height {
    for column in 0..<width { picture[row: row, column: column] = color(row, column) }
  }
  return picture
}

/// The largest difference between two rows of levels; nil if they differ in length.
func largestDifference(_ left: [UInt8], _ right: [UInt8]) -> Int? {
  guard left.count == right.count else { return nil }
  return zip(left, right).map { abs(Int($0) - Int($1)) }.max()
}

/// Runs a test with a folder of its own.
func withTemporaryFolder(_ body: (_ path: String) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("pictures-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder.path)
}
