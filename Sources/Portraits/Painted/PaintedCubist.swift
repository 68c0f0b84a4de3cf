import Foundation

/// The sitter broken into facets, each seen from a slightly different side and lit on its own.
struct PaintedCubist: PaintedPainter {
  let name = "cubist"

  let manner = PaintedSitter.Manner(
    hair: [.short, .swept, .bob, .bun, .receding], hats: [.beret, .cap, .brimmed],
    dress: [.plain, .lapels, .scarf, .lowNeck], turn: 0.8, beards: 0.35)

  /// Tones from dark to light.
  private static let ramps: [[UInt32]] = [
    [0x1E1812, 0x6A4A2A, 0xB08650, 0xDCC08A, 0xF6ECD2],
    [0x161C20, 0x46605E, 0x8A9A86, 0xCCC49C, 0xF4EEDA],
    [0x221610, 0x84462A, 0xC07A48, 0xE4B87E, 0xF8E8C8],
    [0x141A26, 0x3E5472, 0x7E8EA0, 0xCFBE9C, 0xF4EAD8],
  ]

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let ramp = dice.pick(Self.ramps).map { Tint(hex: $0) }
    let accent = Tint(hex: dice.pick([0xB0402A, 0x2E5A7A, 0xC8902E, 0x3E6A50, 0x8A4A3A]))
    let base = study.image { index, _, y in
      let lit = smoothStep(-0.3, 0.9, study.facing[index])
      let color = study.colors.tints[index]
      let isGround = study.parts[index] == .ground
      let light = isGround ? 0.4 + 0.15 * y : (0.16 + 0.94 * color.luminance) * (0.5 + 0.8 * lit)
      return tone(light, of: ramp).mixed(with: color, isGround ? 0 : 0.3)
    }
    let source = PaintedCanvas(base)
    let canvas = PaintedCanvas(base)

    for facet in facets(around: study.sitter.headCenter, dice: &dice) {
      let shape = PaintedShape.polygon(facet)
      let middle = shape.center
      let offset = (middle - study.sitter.headCenter) / study.sitter.headRadii
      let isFace = (offset * offset).sum() < 1
      let reach = isFace ? 0.045 : 0.1
      canvas.fill(
        shape, showing: source, shift: Spot(dice.swing(reach), dice.swing(reach)),
        turn: dice.swing(isFace ? 0.3 : 0.8))
      // Every facet is lit from its own side.
      let angle = dice.number(in: 0...(2 * .pi))
      let way = Spot(cos(angle), sin(angle)) * 0.14
      let isDark = dice.happens(0.5)
      let strength = dice.number(in: 0.3...0.75) * (isFace ? 0.75 : 1)
      canvas.fill(
        shape, isDark ? ramp[0] : ramp[4], from: middle - way, opacity: strength, to: middle + way,
        0)
      if !isFace && dice.happens(0.25) { canvas.fill(shape, accent, opacity: 0.6) }
      canvas.stroke(shape, ramp[0], width: 0.006, opacity: 0.7)
    }
    drawFeatures(of: study, on: canvas, ink: ramp[0], dice: &dice)
    return canvas.image
  }

  private func tone(_ light: Float, of ramp: [Tint]) -> Tint {
    let place = min(max(light, 0), 0.999) * Float(ramp.count - 1)
    return ramp[Int(place)].mixed(with: ramp[Int(place) + 1], place - Float(Int(place)))
  }

  /// The picture cut into convex pieces by lines that pass near the head.
  private func facets(around middle: Spot, dice: inout PaintedDice) -> [[Spot]] {
    var pieces = [[Spot(0, 0), Spot(1, 0), Spot(1, 1), Spot(0, 1)]]
    for _ in 0..<7 {
      let through = middle + Spot(dice.swing(0.5), dice.swing(0.6) + 0.1)
      // Most cuts stand steep, some lie flat, as in a scaffold.
      let angle = dice.happens(0.7) ? .pi / 2 + dice.swing(0.9) : dice.swing(0.9)
      let normal = Spot(-sin(angle), cos(angle))
      pieces = pieces.flatMap { piece -> [[Spot]] in
        dice.happens(0.25) && piece.count > 3
          ? [piece] : [cut(piece, through, normal), cut(piece, through, normal * -1)]
      }.filter { $0.count > 2 }
    }
    return pieces
  }

  /// The part of a convex piece on the side of a line that `normal` points to.
  private func cut(_ piece: [Spot], _ through: Spot, _ normal: Spot) -> [Spot] {
    var kept: [Spot] = []
    for (index, spot) in piece.enumerated() {
      let next = piece[(index + 1) % piece.count]
      let here = ((spot - through) * normal).sum()
      let there = ((next - through) * normal).sum()
      if here >= 0 { kept.append(spot) }
      if (here > 0) != (there > 0), here != there {
        kept.append(spot + (next - spot) * (here / (here - there)))
      }
    }
    return kept
  }

  /// Eyes, nose and mouth once more in line, each from a view of its own.
  private func drawFeatures(
    of study: PaintedStudy, on canvas: PaintedCanvas, ink: Tint, dice: inout PaintedDice
  ) {
    let slip = Spot(dice.swing(0.03), dice.swing(0.03))
    for layer in study.layers {
      var moved = layer
      if layer.shape.center.x > study.sitter.headCenter.x {
        moved.shape.spots = moved.shape.spots.map { $0 + slip }
      }
      switch layer.part {
      case .eyeWhite:
        canvas.draw(moved, Tint(hex: 0xF0E8D4), opacity: 0.8)
        canvas.stroke(moved.shape, ink, width: 0.007)
      case .iris, .pupil: canvas.draw(moved, ink, opacity: 0.9)
      case .brow, .crease: canvas.draw(moved, ink, opacity: 0.7)
      case .lip: canvas.draw(moved, ink.mixed(with: Tint(hex: 0xA04A38), 0.8), opacity: 0.6)
      case .face: canvas.stroke(layer.shape, ink, width: 0.008, opacity: 0.35)
      default: break
      }
    }
  }
}
