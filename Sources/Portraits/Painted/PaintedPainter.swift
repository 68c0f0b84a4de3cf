/// A way to paint: which sitters it prefers and how it turns one into a picture.
protocol PaintedPainter: Sendable {
  /// What the way of painting is called.
  var name: String { get }
  /// What its sitters look like.
  var manner: PaintedSitter.Manner { get }
  /// Paints what `study` shows.
  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage
}
