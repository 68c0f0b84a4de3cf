import Foundation

/// A saint on gold: a halo, a long still face built up from olive to ochre to white, and a robe
/// with golden folds.
struct PaintedIcon: PaintedPainter {
  let name = "icon"

  let manner = PaintedSitter.Manner(
    hair: [.long, .curls, .short, .swept, .receding], hats: [.veil, .veil, .none],
    dress: [.robe], turn: 0.35, stretch: 1.1, beards: 0.8)

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let sitter = study.sitter
    let gold = Tint(hex: dice.pick([0xD9A83A, 0xCF9C34, 0xE0B850, 0xC8923A]))
    let robe = Tint(hex: dice.pick([0x7A1E22, 0x2A4A7A, 0x2E5A3E, 0x5A2A4A, 0x8A4A1E]))
    let mantle = Tint(hex: dice.pick([0x1E3058, 0x6A1A20, 0x274A34, 0x9A6A2A]))
    let leaf = PaintedNoise(cells: 9, dice: &dice)
    let depth = dice.number(in: 0...1)
    let olive = Tint(hex: 0x5A4A26).mixed(with: Tint(hex: 0x3A2416), Float(depth))
    let ochre = Tint(hex: 0xC08A4C).mixed(with: Tint(hex: 0x8E5A34), Float(depth))
    let bright = Tint(hex: 0xF0D8A8).mixed(with: Tint(hex: 0xD8A878), Float(depth))
    let haloRadius = sitter.headRadii.y * 1.42
    let haloCenter = sitter.headCenter + Spot(0, -0.02)

    let base = study.image { index, x, y in
      let lit = study.facing[index]
      switch study.parts[index] {
      case .ground:
        let away = Spot(Double(x), Double(y)) - haloCenter
        let inHalo = (away * away).sum().squareRoot() < haloRadius
        return (gold * (0.84 + 0.24 * leaf(x, y) + (inHalo ? 0.16 : 0))).held
      case .face, .neck, .ear, .crease, .lip:
        let flesh = olive.mixed(with: ochre, smoothStep(-0.2, 0.35, lit))
        return flesh.mixed(with: bright, smoothStep(0.55, 0.95, lit))
      case .hair, .hairBehind, .beard, .brow:
        return
          (study.sitter.hairTint.mixed(with: Tint(hex: 0x4A2A18), 0.5)
          * (0.7 + 0.5 * max(lit, 0)))
      case .hat: return folded(mantle, lit)
      case .trim: return folded(mantle, lit)
      default: return folded(robe, lit)
      }
    }
    let ink = Tint(hex: 0x2A160E)
    let canvas = study.overdrawn(base) { canvas, layer in
      switch layer.part {
      case .eyeWhite:
        canvas.draw(layer, Tint(hex: 0xE8D8B4))
        canvas.stroke(layer.shape, ink, width: 0.008)
      case .iris: canvas.draw(layer, ink)
      case .pupil, .neck: break
      case .brow, .crease: canvas.draw(layer, ink, opacity: 0.9)
      case .lip: canvas.draw(layer, Tint(hex: 0x9A3A2A), opacity: 0.75)
      case .ornament: canvas.draw(layer, Tint(hex: 0xF0CE6A))
      case .garment, .trim:
        canvas.stroke(layer.shape, Tint(hex: 0xF0CE6A), width: 0.01, opacity: 0.8)
      default: canvas.stroke(layer.shape, ink, width: 0.008, opacity: 0.9)
      }
    }
    drawHalo(on: canvas, study: study, center: haloCenter, radius: haloRadius)
    // The last white strokes that open the face.
    for side in [-1.0, 1] {
      canvas.stroke(
        .line([
          sitter.feature(side * 0.26, 0.13), sitter.feature(side * 0.45, 0.19),
          sitter.feature(side * 0.62, 0.13),
        ]), Tint(hex: 0xFBEED0), width: 0.006, opacity: 0.7)
    }
    canvas.stroke(
      .line([sitter.feature(0, -0.08), sitter.feature(0, 0.24)]), Tint(hex: 0xFBEED0), width: 0.009,
      opacity: 0.6)
    frame(canvas)
    return canvas.image
  }

  private func folded(_ cloth: Tint, _ lit: Float) -> Tint {
    let steps = (lit * 4).rounded(.down) / 4
    return (cloth * (0.6 + 0.7 * max(steps, 0))).held
  }

  /// The rim of the halo, where nothing of the sitter hides it.
  private func drawHalo(
    on canvas: PaintedCanvas, study: PaintedStudy, center: Spot, radius: Double
  ) {
    for step in 0..<72 {
      let angle = Double(step) * .pi / 36
      let way = Spot(cos(angle), sin(angle))
      let spot = center + way * radius
      guard (0...1).contains(spot.x), (0...1).contains(spot.y),
        study.parts[study.colors.index(of: spot)] == .ground
      else { continue }
      let next = center + Spot(cos(angle + 0.09), sin(angle + 0.09)) * radius
      canvas.stroke(.line([spot, next]), Tint(hex: 0x8A2A1E), width: 0.014)
    }
  }

  private func frame(_ canvas: PaintedCanvas) {
    canvas.stroke(
      .polygon([Spot(0, 0), Spot(1, 0), Spot(1, 1), Spot(0, 1)]), Tint(hex: 0x7A2A1E), width: 0.045)
  }
}
