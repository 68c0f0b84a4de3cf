/// Lays pictures of one size out in rows and columns.
public struct PictureGrid: Sendable, Equatable {
  public let rows: Int
  public let columns: Int
  /// Pixels between neighbours and around the whole.
  public let gutter: Int
  /// What shows in the gutter and in empty places.
  public let background: RGB

  public init(rows: Int, columns: Int, gutter: Int = 2, background: RGB = .white) {
    precondition(rows > 0 && columns > 0 && gutter >= 0, "a grid has at least one place")
    self.rows = rows
    self.columns = columns
    self.gutter = gutter
    self.background = background
  }

  /// Chooses a nearly square grid for a number of pictures, never taller than wide.
  ///
  /// A grid that the pictures fill is preferred, as long as it is at most four times as wide as
  /// tall: 8 pictures make 2 rows of 4, 7 make 3 rows with two places left empty.
  public init(holding count: Int, gutter: Int = 2, background: RGB = .white) {
    precondition(count > 0, "a grid holds at least one picture")
    let root = Double(count).squareRoot()
    let narrowest = Int(root.rounded(.up))
    let widest = max(narrowest, Int(2 * root))
    let columns = (narrowest...widest).first { count.isMultiple(of: $0) } ?? narrowest
    self.init(
      rows: (count + columns - 1) / columns, columns: columns, gutter: gutter,
      background: background)
  }

  /// The pictures in reading order as one picture.
  ///
  /// - Parameter pictures: At least one, all of one size, and no more than there are places.
  public func tiling(_ pictures: [Picture]) -> Picture {
    precondition(pictures.count <= rows * columns, "more pictures than places in the grid")
    guard let first = pictures.first else {
      preconditionFailure("a grid of no pictures has no size")
    }
    var sheet = Picture.filled(
      with: background,
      width: columns * (first.width + gutter) + gutter,
      height: rows * (first.height + gutter) + gutter)
    for (index, picture) in pictures.enumerated() {
      precondition(
        picture.width == first.width && picture.height == first.height,
        "picture \(index) differs in size from the first")
      sheet.paste(
        picture,
        row: gutter + index / columns * (first.height + gutter),
        column: gutter + index % columns * (first.width + gutter))
    }
    return sheet
  }
}
