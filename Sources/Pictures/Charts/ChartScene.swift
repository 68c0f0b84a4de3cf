/// A chart laid out: what to draw, in points from the top left corner, back to front.
struct ChartScene {
  /// A place on the page.
  struct Place {
    var x: Double
    var y: Double
  }

  /// A rectangle on the page.
  struct Area {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double
  }

  enum Anchor: String {
    case start, middle, end
  }

  struct Text {
    var string: String
    var at = Place(x: 0, y: 0)
    var size = 13.0
    var isBold = false
    var anchor = Anchor.start
    var color = ChartColor.ink
    /// Whether the text runs upwards.
    var isVertical = false
  }

  enum Shape {
    case line(from: Place, to: Place, color: ChartColor, width: Double)
    /// A polyline cut at the edges of the plot.
    case trace([Place], color: ChartColor, width: Double, opacity: Double)
    case dot(at: Place, radius: Double, color: ChartColor)
    case polygon([Place], color: ChartColor)
    case text(Text)
  }

  var width: Double
  var height: Double
  /// What the picture shows, for readers who cannot see it.
  var title: String
  var plot: Area
  var shapes: [Shape] = []
}
