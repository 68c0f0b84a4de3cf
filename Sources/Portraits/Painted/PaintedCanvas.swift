import CCairo
import Foundation

/// A square picture to draw on with Cairo, in coordinates of the unit square.
final class PaintedCanvas {
  /// Pixels along a side.
  let size: Int
  private let surface: OpaquePointer?
  private let context: OpaquePointer?

  init(size: Int, ground: Tint) {
    self.size = size
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, Int32(size), Int32(size))
    context = cairo_create(surface)
    cairo_scale(context, Double(size), Double(size))
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
    use(ground, opacity: 1)
    cairo_paint(context)
  }

  /// Creates a canvas that shows `image`.
  convenience init(_ image: PaintedImage) {
    self.init(size: image.size, ground: Tint(repeating: 0))
    withPixels { pixels in
      for (index, tint) in image.tints.enumerated() {
        let bytes = tint.held * 255 + 0.5
        pixels[index] = UInt32(bytes.x) << 16 | UInt32(bytes.y) << 8 | UInt32(bytes.z)
      }
    }
  }

  deinit {
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  /// Turns smoothing of edges off, for pictures whose colours are numbers.
  func drawHardEdges() { cairo_set_antialias(context, CAIRO_ANTIALIAS_NONE) }

  func fill(_ shape: PaintedShape, _ tint: Tint, opacity: Double = 1) {
    use(tint, opacity: opacity)
    trace(shape)
    cairo_fill(context)
  }

  /// Fills `shape` with a colour that fades from one opacity to another between two places.
  func fill(
    _ shape: PaintedShape, _ tint: Tint, from start: Spot, opacity: Double, to end: Spot,
    _ endOpacity: Double
  ) {
    let pattern = cairo_pattern_create_linear(start.x, start.y, end.x, end.y)
    defer { cairo_pattern_destroy(pattern) }
    let (red, green, blue) = (Double(tint.x), Double(tint.y), Double(tint.z))
    cairo_pattern_add_color_stop_rgba(pattern, 0, red, green, blue, opacity)
    cairo_pattern_add_color_stop_rgba(pattern, 1, red, green, blue, endOpacity)
    cairo_set_source(context, pattern)
    trace(shape)
    cairo_fill(context)
  }

  /// Fills `shape` with what `other` shows, moved by `shift` and turned by `turn` about its middle.
  func fill(
    _ shape: PaintedShape, showing other: PaintedCanvas, shift: Spot = Spot(0, 0),
    turn: Double = 0
  ) {
    let pattern = cairo_pattern_create_for_surface(other.surface)
    defer { cairo_pattern_destroy(pattern) }
    cairo_surface_flush(other.surface)
    cairo_pattern_set_extend(pattern, CAIRO_EXTEND_PAD)
    let middle = shape.center
    var matrix = cairo_matrix_t()
    cairo_matrix_init_scale(&matrix, Double(other.size), Double(other.size))
    cairo_matrix_translate(&matrix, middle.x - shift.x, middle.y - shift.y)
    cairo_matrix_rotate(&matrix, turn)
    cairo_matrix_translate(&matrix, -middle.x, -middle.y)
    cairo_pattern_set_matrix(pattern, &matrix)
    cairo_set_source(context, pattern)
    trace(shape)
    cairo_fill(context)
  }

  func stroke(_ shape: PaintedShape, _ tint: Tint, width: Double, opacity: Double = 1) {
    use(tint, opacity: opacity)
    cairo_set_line_width(context, width)
    trace(shape)
    cairo_stroke(context)
  }

  /// Draws `layer` in one colour, as the shape or the line that it is.
  func draw(_ layer: PaintedLayer, _ tint: Tint, opacity: Double = 1) {
    if let width = layer.lineWidth {
      stroke(layer.shape, tint, width: width, opacity: opacity)
    } else {
      fill(layer.shape, tint, opacity: opacity)
    }
  }

  /// Draws only inside `shape` while `body` runs.
  func clipped(to shape: PaintedShape, _ body: () -> Void) {
    cairo_save(context)
    trace(shape)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  /// What has been drawn.
  var image: PaintedImage {
    var image = PaintedImage(size: size, tint: Tint(repeating: 0))
    withPixels { pixels in
      for index in image.tints.indices {
        let pixel = pixels[index]
        image.tints[index] =
          Tint(Float(pixel >> 16 & 255), Float(pixel >> 8 & 255), Float(pixel & 255)) / 255
      }
    }
    return image
  }

  /// Calls `body` with the pixels as `0x00RRGGBB`, row by row.
  func withPixels(_ body: (UnsafeMutableBufferPointer<UInt32>) -> Void) {
    cairo_surface_flush(surface)
    guard let bytes = cairo_image_surface_get_data(surface) else {
      preconditionFailure("Cairo has no memory for a picture of \(size) pixels squared.")
    }
    // Rows of 32-bit pixels follow each other without gaps.
    bytes.withMemoryRebound(to: UInt32.self, capacity: size * size) { pixels in
      body(UnsafeMutableBufferPointer(start: pixels, count: size * size))
    }
    cairo_surface_mark_dirty(surface)
  }

  private func use(_ tint: Tint, opacity: Double) {
    cairo_set_source_rgba(context, Double(tint.x), Double(tint.y), Double(tint.z), opacity)
  }

  private func trace(_ shape: PaintedShape) {
    let spots = shape.spots
    guard let first = spots.first else { return }
    cairo_new_path(context)
    cairo_move_to(context, first.x, first.y)
    let count = spots.count
    for index in 0..<(shape.isClosed ? count : count - 1) {
      let end = spots[(index + 1) % count]
      guard shape.isSmooth else {
        cairo_line_to(context, end.x, end.y)
        continue
      }
      // A Catmull-Rom spline, piece by piece as a Bézier curve.
      let start = spots[index]
      let before =
        shape.isClosed ? spots[(index + count - 1) % count] : spots[max(index - 1, 0)]
      let after =
        shape.isClosed ? spots[(index + 2) % count] : spots[min(index + 2, count - 1)]
      let leaving = start + (end - before) / 6
      let arriving = end - (after - start) / 6
      cairo_curve_to(
        context, leaving.x, leaving.y, arriving.x, arriving.y, end.x, end.y)
    }
    if shape.isClosed { cairo_close_path(context) }
  }
}
