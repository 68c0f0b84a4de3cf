import Foundation

/// Lines of one brown ink on paper: closer and crossed where the shade is deeper.
struct PaintedEngraver: PaintedPainter {
  let name = "engraver"

  let manner = PaintedSitter.Manner(
    hair: [.wig, .curls, .short, .long, .swept, .receding, .bun],
    hats: [.tricorne, .cap, .tricorne, .bonnet, .beret], dress: [.band, .lapels, .ruff, .plain],
    turn: 0.9, beards: 0.45)

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let paper = Tint(hex: dice.pick([0xEFE4CA, 0xE9DCBE, 0xF2EAD6]))
    let ink = Tint(hex: dice.pick([0x3A2416, 0x2A1E18, 0x4A2A14, 0x22201E]))
    let stains = PaintedNoise(cells: 6, dice: &dice)
    let sitter = study.sitter
    let center = SIMD2(Float(sitter.headCenter.x), Float(sitter.headCenter.y))
    let radii = SIMD2(Float(sitter.headRadii.x), Float(sitter.headRadii.y))
    // No finer than the reduced picture can show.
    let lines = Float(min(46, study.size / 5))
    let hasOval = dice.happens(0.6)
    let side = Float(sitter.lightSide)

    let hatched = study.image { index, x, y in
      let part = study.parts[index]
      let head = (SIMD2(x, y) - center) / radii
      var dark: Float
      var first: Float
      switch part {
      case .ground:
        let edge = ((x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5)).squareRoot()
        dark = 0.3 - 0.26 * (x - 0.5) * side + 0.1 * stains(x, y)
        if hasOval && edge > 0.485 { dark = 0.62 }
        first = y
      case .garment, .trim, .linen, .neck:
        dark = 1 - study.colors.tints[index].luminance * (0.25 + 0.95 * max(study.facing[index], 0))
        first = y + 0.35 * (x - 0.5) * (x - 0.5) + 0.3 * x * side
      default:
        let paleness: Float = part.isSkin ? 0.5 : 0.22
        let color = paleness + (1 - paleness) * study.colors.tints[index].luminance
        dark = 1 - color * (0.34 + 0.86 * smoothStep(-0.35, 0.85, study.facing[index]))
        // The lines bend round the head as they would round a ball.
        first = y - 0.11 * head.x * head.x * (head.y + 0.25) + 0.16 * x * side
        if part.isHair || part == .hat { dark += 0.06 }
      }
      dark = min(max(dark, 0), 1)
      let covered = cover(first * lines, dark * 1.15 - 0.1)
      let crossed = cover((x * 0.85 - first * 0.6 * side) * lines, (dark - 0.5) * 1.5)
      let share = max(covered, crossed)
      return (paper * (0.96 + 0.06 * stains(x, y))).mixed(
        with: ink, share * (part == .ground ? 0.5 : 0.94)
      ).held
    }
    let canvas = study.overdrawn(hatched) { canvas, layer in
      switch layer.part {
      case .eyeWhite:
        canvas.draw(layer, paper)
        canvas.stroke(layer.shape, ink, width: 0.005)
      case .iris: canvas.draw(layer, ink, opacity: 0.75)
      case .pupil, .crease, .brow: canvas.draw(layer, ink, opacity: 0.85)
      case .lip: canvas.draw(layer, ink, opacity: 0.35)
      case .neck: break
      default: canvas.stroke(layer.shape, ink, width: 0.006, opacity: 0.8)
      }
    }
    return canvas.image
  }

  /// How far ink covers a place at `phase` of lines that darken the paper by `dark`.
  private func cover(_ phase: Float, _ dark: Float) -> Float {
    let distance = abs(phase - phase.rounded()) * 2
    let width = min(max(dark, 0), 0.92)
    guard width > 0.03 else { return 0 }
    return smoothStep(width + 0.14, width - 0.14, distance)
  }
}
