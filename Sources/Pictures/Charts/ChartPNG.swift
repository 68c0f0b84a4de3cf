import CCairo
import Foundation

extension ChartScene {
  /// Returns the scenes, one below the other, as a PNG of `scale` pixels a point.
  /// - Throws: ``ChartError`` if `scale` is not 1 to 4 or Cairo cannot draw.
  static func pngData(of scenes: [ChartScene], scale: Int) throws -> Data {
    let width = scenes.map(\.width).max() ?? 0
    let height = scenes.reduce(0) { $0 + $1.height }
    guard (1...4).contains(scale) else {
      throw ChartError.sizeOutOfBounds(width: Int(width), height: Int(height))
    }
    let surface = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(Int(width) * scale), Int32(Int(height) * scale))
    defer { cairo_surface_destroy(surface) }
    let context = cairo_create(surface)
    defer { cairo_destroy(context) }
    cairo_scale(context, Double(scale), Double(scale))
    cairo_set_source_rgb(context, ChartColor.paper)
    cairo_paint(context)
    for scene in scenes {
      for shape in scene.shapes { scene.draw(shape, in: context) }
      cairo_translate(context, 0, scene.height)
    }
    try Self.check(cairo_status(context))
    cairo_surface_flush(surface)

    var data = Data()
    let status = withUnsafeMutablePointer(to: &data) { target in
      cairo_surface_write_to_png_stream(
        surface,
        { target, bytes, count in
          guard let bytes else { return CAIRO_STATUS_WRITE_ERROR }
          target?.assumingMemoryBound(to: Data.self).pointee.append(bytes, count: Int(count))
          return CAIRO_STATUS_SUCCESS
        }, target)
    }
    try Self.check(status)
    return data
  }

  /// The width of `text` in points, in the font that Cairo will draw it with.
  static func measuredWidth(of text: Text) -> Double {
    let surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1)
    defer { cairo_surface_destroy(surface) }
    let context = cairo_create(surface)
    defer { cairo_destroy(context) }
    return advance(of: text, in: context)
  }

  private func draw(_ shape: Shape, in context: OpaquePointer?) {
    switch shape {
    case .line(let start, let end, let color, let width):
      cairo_set_source_rgb(context, color)
      cairo_set_line_width(context, width)
      cairo_move_to(context, start.x, start.y)
      cairo_line_to(context, end.x, end.y)
      cairo_stroke(context)
    case .trace(let places, let color, let width, let opacity):
      cairo_save(context)
      cairo_rectangle(
        context, plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top)
      cairo_clip(context)
      cairo_set_source_rgba(context, color.red, color.green, color.blue, opacity)
      cairo_set_line_width(context, width)
      cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
      cairo_set_line_cap(context, CAIRO_LINE_CAP_ROUND)
      for place in places { cairo_line_to(context, place.x, place.y) }
      cairo_stroke(context)
      cairo_restore(context)
    case .dot(let center, let radius, let color):
      cairo_set_source_rgb(context, color)
      cairo_arc(context, center.x, center.y, radius, 0, 2 * .pi)
      cairo_fill(context)
    case .polygon(let places, let color):
      cairo_set_source_rgb(context, color)
      for place in places { cairo_line_to(context, place.x, place.y) }
      cairo_fill(context)
    case .text(let text):
      draw(text, in: context)
    }
  }

  private func draw(_ text: Text, in context: OpaquePointer?) {
    let advance = Self.advance(of: text, in: context)
    let offset: Double =
      switch text.anchor {
      case .start: 0
      case .middle: -advance / 2
      case .end: -advance
      }
    cairo_save(context)
    cairo_set_source_rgb(context, text.color)
    cairo_translate(context, text.at.x, text.at.y)
    if text.isVertical { cairo_rotate(context, -.pi / 2) }
    cairo_move_to(context, offset, 0)
    cairo_show_text(context, text.string)
    cairo_restore(context)
  }

  /// Chooses the font of `text` and returns the width of its line.
  private static func advance(of text: Text, in context: OpaquePointer?) -> Double {
    let weight = text.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL
    cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, weight)
    cairo_set_font_size(context, text.size)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text.string, &extents)
    return extents.x_advance
  }

  private static func check(_ status: cairo_status_t) throws {
    guard status != CAIRO_STATUS_SUCCESS else { return }
    throw ChartError.cannotDraw(reason: String(cString: cairo_status_to_string(status)))
  }
}

private func cairo_set_source_rgb(_ context: OpaquePointer?, _ color: ChartColor) {
  cairo_set_source_rgb(context, color.red, color.green, color.blue)
}
