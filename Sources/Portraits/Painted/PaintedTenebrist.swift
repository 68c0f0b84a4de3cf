/// A dark ground and one warm light from the side, as the painters of the Baroque liked it.
struct PaintedTenebrist: PaintedPainter {
  let name = "tenebrist"

  let manner = PaintedSitter.Manner(
    hair: [.short, .swept, .long, .bun, .curls, .receding, .long],
    hats: [.beret, .turban, .brimmed, .cap, .bonnet],
    dress: [.ruff, .band, .plain, .lowNeck, .band, .ruff], turn: 0.9, beards: 0.6)

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let grounds: [UInt32] = [0x241A12, 0x1C1712, 0x2A1C14, 0x1A1A14]
    let ground = Tint(hex: dice.pick(grounds))
    let clouds = PaintedNoise(cells: 5, dice: &dice)
    let weave = PaintedNoise(cells: 40, dice: &dice)
    let side = Float(study.sitter.lightSide)
    let warmth = Tint(1.12, 1.0, 0.8)
    // Dark skin on a dark ground is given more light.
    let lamp = 1.08 + 0.5 * Float(1 - study.sitter.fairness)
    let depth = Float(dice.number(in: 0.05...0.14))
    return study.image { index, x, y in
      let part = study.parts[index]
      let grain = 0.94 + 0.12 * weave(x, y)
      if part == .ground {
        // The light grazes the wall on the side that the face turns away from it.
        let glow = smoothStep(0.95, 0, abs(x - 0.5 + side * 0.42) + abs(y - 0.6) * 0.8)
        return ground * (0.45 + 0.6 * clouds(x, y) + 1.3 * glow) * grain
      }
      let facing = study.facing[index]
      let lit = smoothStep(-0.25, 0.95, facing)
      var color = study.colors.tints[index]
      if part == .garment { color = color.saturated(0.8) * 0.75 }
      if part == .hat || part == .trim { color = color.saturated(0.6) * 0.85 }
      if part == .linen { color *= 0.92 }
      let strength = depth + (part.isSkin ? lamp : 1.08) * lit * smoothStep(1.25, 0.55, y)
      let gleam = part.isSkin ? 0.16 * smoothStep(0.88, 1, facing) : 0
      let shadow = Tint(1.0, 0.82, 0.66)
      let tone = shadow.mixed(with: warmth, lit)
      return (color * tone * strength * grain + Tint(gleam, gleam * 0.9, gleam * 0.7)).held
    }
  }
}
