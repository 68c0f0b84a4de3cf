/// Round dots of pure colour side by side on a pale canvas; the eye mixes them.
struct PaintedPointillist: PaintedPainter {
  let name = "pointillist"

  let manner = PaintedSitter.Manner(
    hair: [.short, .bun, .bun, .swept, .curls, .receding],
    hats: [.brimmed, .bonnet, .cap, .brimmed],
    dress: [.plain, .lapels, .scarf, .lowNeck], turn: 0.9, beards: 0.55)

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let grounds: [(UInt32, UInt32)] = [
      (0x3E5C94, 0x86A6D0), (0x4A7A5A, 0xA8C47A), (0x7A5A94, 0xC8A4D0), (0x2E6A80, 0x8AC0B8),
      (0x94603E, 0xE0B870),
    ]
    let (low, high) = dice.pick(grounds)
    let base = study.image { index, x, y in
      guard study.parts[index] != .ground else {
        return Tint(hex: high).mixed(with: Tint(hex: low), smoothStep(0, 1, y))
      }
      let lit = smoothStep(-0.3, 0.85, study.facing[index])
      let color = study.colors.tints[index].saturated(1.25)
      let shade = (color * 0.42).mixed(with: Tint(hex: 0x2E3A88), 0.3)
      return shade.mixed(with: (color * 1.12).mixed(with: Tint(hex: 0xFFE9B0), 0.12), lit)
    }

    let primer = Tint(hex: 0xEFE6D2)
    var image = study.image { index, _, _ in base.tints[index].mixed(with: primer, 0.6) }
    var dabs: [PaintedImage.Dab] = []
    let across = 52
    for row in 0..<across {
      for column in 0..<across {
        let spot = Spot(
          (Double(column) + (row.isMultiple(of: 2) ? 0.25 : 0.75) + dice.swing(0.5))
            / Double(across), (Double(row) + 0.5 + dice.swing(0.5)) / Double(across))
        let color = base.tint(at: spot)
        dabs.append(
          .init(
            center: spot, radii: Spot(repeating: 0.0116), turn: 0,
            tint: divided(color, dice: &dice)))
      }
    }
    image.paint(dabs)
    return withFeatures(image, study)
  }

  /// One of the pure colours that `color` is mixed of.
  private func divided(_ color: Tint, dice: inout PaintedDice) -> Tint {
    let spread = Float(0.3)
    switch dice.integer(below: 8) {
    case 0: return (color + Tint(spread, 0.04, -spread * 0.5)).held
    case 1: return (color + Tint(-spread * 0.6, 0, spread * 0.8)).held
    case 2: return (color + Tint(spread * 0.5, spread * 0.4, -spread * 0.6)).held
    case 3: return (color + Tint(-0.12, spread * 0.45, -0.05)).held
    default: return (color * Float(dice.number(in: 0.88...1.12))).saturated(1.3)
    }
  }

  private func withFeatures(_ image: PaintedImage, _ study: PaintedStudy) -> PaintedImage {
    let canvas = PaintedCanvas(image)
    let dark = Tint(hex: 0x1E2450)
    for layer in study.layers {
      switch layer.part {
      case .eyeWhite: canvas.draw(layer, Tint(hex: 0xF2EEDC), opacity: 0.7)
      case .iris, .pupil: canvas.draw(layer, dark, opacity: 0.85)
      case .crease: canvas.draw(layer, dark, opacity: 0.4)
      case .brow: canvas.draw(layer, dark, opacity: 0.5)
      case .lip: canvas.draw(layer, Tint(hex: 0xC0384A), opacity: 0.45)
      default: break
      }
    }
    return canvas.image
  }
}
