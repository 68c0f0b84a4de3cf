/// Sheets of pictures one below the other, each with a caption above it.
public struct CaptionedSheet: Sendable {
  /// A caption and what it speaks of.
  public struct Block: Sendable {
    public var caption: String
    public var picture: Picture

    public init(caption: String, picture: Picture) {
      (self.caption, self.picture) = (caption, picture)
    }
  }

  /// The blocks, from the top.
  public var blocks: [Block]
  /// Pixels around the whole and between the blocks.
  private static let margin = 10
  private static let captionHeight = 26

  public init(_ blocks: [Block]) {
    self.blocks = blocks
  }

  /// Returns the sheet as one picture.
  /// - Throws: ``ChartError`` if Cairo cannot write the captions.
  public func drawn() throws -> Picture {
    precondition(!blocks.isEmpty, "a sheet has at least one block")
    let captions = try blocks.map {
      try Picture.lineOfText($0.caption, height: Self.captionHeight)
    }
    let width = zip(blocks, captions).map { max($0.picture.width, $1.width) }.max() ?? 0
    let heights = blocks.map { Self.captionHeight + $0.picture.height + Self.margin }
    var sheet = Picture.filled(
      with: .white, width: width + 2 * Self.margin,
      height: heights.reduce(Self.margin, +))
    var top = Self.margin / 2
    for (block, caption) in zip(blocks, captions) {
      sheet.paste(caption, row: top, column: Self.margin)
      sheet.paste(block.picture, row: top + Self.captionHeight, column: Self.margin)
      top += Self.captionHeight + block.picture.height + Self.margin
    }
    return sheet
  }
}
