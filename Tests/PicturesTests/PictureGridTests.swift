import Pictures
import Testing

@Suite("Picture grids")
struct PictureGridTests {
  @Test(
    "a number of pictures makes a nearly square grid",
    arguments: [
      (1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 2), (5, 2, 3), (7, 3, 3), (8, 2, 4), (12, 3, 4),
      (64, 8, 8), (65, 5, 13), (97, 10, 10),
    ])
  func shape(count: Int, rows: Int, columns: Int) {
    let grid = PictureGrid(holding: count)
    #expect(grid.rows == rows && grid.columns == columns)
    #expect(grid.rows * grid.columns >= count)
  }

  @Test("pictures lie in reading order with a gutter around each and empty places left over")
  func tiling() {
    let colors = (1...3).map { RGB(red: UInt8($0 * 50), green: 0, blue: UInt8($0)) }
    let tiles = colors.map { Picture.filled(with: $0, width: 3, height: 2) }
    let sheet = PictureGrid(rows: 2, columns: 2, gutter: 1, background: .grey).tiling(tiles)
    let expected = picture(width: 9, height: 7) { row, column in
      switch (row, column) {
      case (1...2, 1...3): colors[0]
      case (1...2, 5...7): colors[1]
      case (4...5, 1...3): colors[2]
      default: .grey
      }
    }
    #expect(sheet == expected)
  }
}
