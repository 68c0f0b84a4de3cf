import Foundation

/// What a painter sees of a sitter: at every pixel the part, its colour in daylight, and how it
/// faces the light.
struct PaintedStudy {
  let size: Int
  let sitter: PaintedSitter
  let layers: [PaintedLayer]
  /// The colours in even light, antialiased.
  let colors: PaintedImage
  /// The part at every pixel, row by row.
  let parts: [PaintedPart]
  /// The cosine between surface and light at every pixel, shadows included, in -1...1.
  let facing: [Float]

  init(of sitter: PaintedSitter, size: Int) {
    self.size = size
    self.sitter = sitter
    let layers = sitter.layers
    self.layers = layers

    let canvas = PaintedCanvas(size: size, ground: sitter.naturalTint(of: .ground))
    let numbers = PaintedCanvas(size: size, ground: Tint(repeating: 0))
    numbers.drawHardEdges()
    for layer in layers {
      canvas.draw(layer, sitter.naturalTint(of: layer.part))
      let number = Float(layer.part.rawValue) / 255
      numbers.draw(layer, Tint(number, number, number))
    }
    colors = canvas.image

    var parts = [PaintedPart](repeating: .ground, count: size * size)
    numbers.withPixels { pixels in
      for index in parts.indices {
        parts[index] = PaintedPart(rawValue: UInt8(pixels[index] & 255)) ?? .ground
      }
    }
    self.parts = parts
    facing = PaintedRelief(of: sitter).facing(parts: parts, size: size)
  }

  /// Returns `image` drawn once more layer by layer, with `touch` after each, so that a line
  /// drawn round one part is hidden by the parts before it.
  func overdrawn(
    _ image: PaintedImage, touch: (PaintedCanvas, PaintedLayer) -> Void
  ) -> PaintedCanvas {
    let source = PaintedCanvas(image)
    let canvas = PaintedCanvas(image)
    for layer in layers {
      if layer.lineWidth == nil { canvas.fill(layer.shape, showing: source) }
      touch(canvas, layer)
    }
    return canvas
  }

  /// Returns the picture whose every pixel `color` chooses from colour, part and light.
  func image(_ color: (_ index: Int, _ x: Float, _ y: Float) -> Tint) -> PaintedImage {
    var image = PaintedImage(size: size, tint: Tint(repeating: 0))
    for row in 0..<size {
      for column in 0..<size {
        let index = row * size + column
        image.tints[index] = color(
          index, (Float(column) + 0.5) / Float(size), (Float(row) + 0.5) / Float(size))
      }
    }
    return image
  }
}
