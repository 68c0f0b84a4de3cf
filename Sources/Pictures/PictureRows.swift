/// Lays groups of pictures out in rows, with more room between groups than within one.
public struct PictureRows: Sendable {
  /// The number of groups in a row.
  public var groupsPerRow: Int
  /// Pixels between pictures of a group, behind its first picture, and between groups.
  private static let (gutter, leadGutter, groupGutter) = (2, 6, 24)

  public init(groupsPerRow: Int) {
    precondition(groupsPerRow > 0, "a row holds at least one group")
    self.groupsPerRow = groupsPerRow
  }

  /// Returns the groups in reading order as one picture; the first picture of each stands a little
  /// apart from the others.
  /// - Parameter groups: at least one; all pictures are of one size, and all groups equally many.
  public func tiling(_ groups: [[Picture]]) -> Picture {
    guard let first = groups.first?.first else {
      preconditionFailure("rows of no pictures have no size")
    }
    let members = groups[0].count
    let groupWidth =
      members * first.width + (members - 1) * Self.gutter
      + (members > 1 ? Self.leadGutter - Self.gutter : 0)
    let columns = min(groupsPerRow, groups.count)
    let rows = (groups.count + columns - 1) / columns
    var sheet = Picture.filled(
      with: .white, width: columns * groupWidth + (columns - 1) * Self.groupGutter,
      height: rows * first.height + (rows - 1) * Self.leadGutter)
    for (index, group) in groups.enumerated() {
      var left = index % columns * (groupWidth + Self.groupGutter)
      for (member, picture) in group.enumerated() {
        sheet.paste(
          picture, row: index / columns * (first.height + Self.leadGutter), column: left)
        left += first.width + (member == 0 ? Self.leadGutter : Self.gutter)
      }
    }
    return sheet
  }
}
