/// A colour print from wooden blocks: flat colours on paper, a fading ground, a thin black line.
struct PaintedWoodblock: PaintedPainter {
  let name = "woodblock"

  let manner = PaintedSitter.Manner(
    hair: [.topknot, .topknot, .topknot, .bun, .long], dress: [.kimono], turn: 1.0, stretch: 1.06,
    openness: 0.68, beards: 0.1)

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let sitter = study.sitter
    let paper = Tint(hex: dice.pick([0xEFE3C4, 0xF2E8CE, 0xE8DAB4]))
    let sky = Tint(hex: dice.pick([0x2E4F7A, 0xC87A5A, 0x5A8A84, 0xB8A04A, 0x8A8A94, 0xA85A5A]))
    let cloths: [UInt32] = [0x2E4670, 0x8A3A34, 0x4A6A4A, 0x6A4A70, 0xC08A3A, 0x3A3A44, 0x5A7A8A]
    let cloth = Tint(hex: dice.pick(cloths))
    let trim = Tint(hex: dice.pick(cloths)).mixed(with: paper, 0.35)
    let skin = paper.mixed(with: Tint(hex: sitter.isWoman ? 0xFFF6E6 : 0xF0D2AC), 0.75)
    let ink = Tint(hex: 0x1A1614)
    let canvas = PaintedCanvas(size: study.size, ground: paper)
    let page = PaintedShape.polygon([Spot(0, 0), Spot(1, 0), Spot(1, 1), Spot(0, 1)])
    let isFull = dice.happens(0.4)
    canvas.fill(
      page, sky, from: Spot(0, 0), opacity: 0.95, to: Spot(0, isFull ? 1.1 : 0.5),
      isFull ? 0.45 : 0)
    let cartouche = dice.happens(0.5) ? 0.055 : 0.885
    printScenery(on: canvas, beside: cartouche < 0.5 ? 1 : -1, paper: paper, dice: &dice)

    let pattern = dice.integer(below: 4)
    for layer in study.layers {
      switch layer.part {
      case .garment:
        canvas.draw(layer, cloth)
        canvas.clipped(to: layer.shape) { weave(pattern, on: canvas, trim) }
        canvas.stroke(layer.shape, ink, width: 0.009)
      case .trim, .linen:
        canvas.draw(layer, layer.part == .trim ? trim : Tint(hex: 0xF4EEDC))
        canvas.stroke(layer.shape, ink, width: 0.007)
      case .face, .neck, .ear:
        canvas.draw(layer, skin)
        canvas.stroke(layer.shape, ink, width: 0.0075)
      case .hair, .hairBehind:
        canvas.draw(layer, ink)
        canvas.stroke(layer.shape, paper, width: 0.003, opacity: 0.35)
      case .beard: canvas.draw(layer, ink, opacity: 0.75)
      case .eyeWhite: canvas.draw(layer, Tint(hex: 0xFBF6EA))
      case .iris, .pupil, .brow: canvas.draw(layer, ink)
      case .crease: canvas.draw(layer, ink, opacity: 0.85)
      case .lip: canvas.draw(layer, Tint(hex: sitter.isWoman ? 0xB8322A : 0xC08A70))
      case .ornament: canvas.draw(layer, Tint(hex: 0xC8963A))
      case .hat, .ground: break
      }
    }
    sign(canvas, at: cartouche, ink: ink, dice: &dice)
    return canvas.image
  }

  /// A sun, waves or a branch in blossom behind the sitter, or nothing.
  private func printScenery(
    on canvas: PaintedCanvas, beside side: Double, paper: Tint, dice: inout PaintedDice
  ) {
    switch dice.integer(below: 4) {
    case 0:
      canvas.fill(
        .ellipse(
          center: Spot(0.5 + side * 0.28, dice.number(in: 0.2...0.34)),
          radii: Spot(repeating: dice.number(in: 0.13...0.22))), Tint(hex: 0xC8402E), opacity: 0.9)
    case 1:
      for row in 0..<7 {
        let y = 0.5 + Double(row) * 0.075
        for column in 0..<9 {
          let x = (Double(column) + (row.isMultiple(of: 2) ? 0 : 0.5)) / 8
          let wave = PaintedShape.ellipse(center: Spot(x, y), radii: Spot(0.062, 0.06))
          canvas.fill(wave, paper.mixed(with: Tint(hex: 0x4A78A0), 0.6))
          canvas.stroke(wave, paper, width: 0.009)
        }
      }
    case 2:
      let root = Spot(0.5 + side * 0.52, 0.62)
      let tip = Spot(0.5 + side * 0.12, 0.04)
      let bend = (root + tip) * 0.5 + Spot(side * 0.06, dice.swing(0.1))
      canvas.stroke(.line([root, bend, tip]), Tint(hex: 0x4A3424), width: 0.02)
      for _ in 0..<22 {
        let share = dice.number(in: 0...1)
        let stem = root + (tip - root) * share + Spot(dice.swing(0.16), dice.swing(0.12))
        canvas.fill(
          .ellipse(center: stem, radii: Spot(repeating: 0.024)),
          Tint(hex: dice.pick([0xE8A0A8, 0xF4D0D0, 0xD87888])))
      }
    default: break
    }
  }

  /// Prints a pattern over what the canvas is clipped to.
  private func weave(_ pattern: Int, on canvas: PaintedCanvas, _ tint: Tint) {
    for row in 0..<6 {
      let y = 0.68 + Double(row) * 0.07
      for column in 0..<13 {
        let x = (Double(column) + (row.isMultiple(of: 2) ? 0 : 0.5)) / 12
        switch pattern {
        case 0:
          canvas.fill(.ellipse(center: Spot(x, y), radii: Spot(repeating: 0.014)), tint)
        case 1:
          canvas.stroke(
            .line([Spot(x - 0.05, y + 0.02), Spot(x, y - 0.02), Spot(x + 0.05, y + 0.02)]), tint,
            width: 0.009)
        case 2 where row == 0:
          canvas.stroke(.line([Spot(x, 0.6), Spot(x, 1.1)]), tint, width: 0.016)
        default: break
        }
      }
    }
  }

  /// The red seal and a few strokes of writing in a cartouche.
  private func sign(
    _ canvas: PaintedCanvas, at left: Double, ink: Tint, dice: inout PaintedDice
  ) {
    let cartouche = PaintedShape.polygon([
      Spot(left, 0.05), Spot(left + 0.06, 0.05), Spot(left + 0.06, 0.27), Spot(left, 0.27),
    ])
    canvas.fill(cartouche, Tint(hex: 0xF0DFA8))
    canvas.stroke(cartouche, ink, width: 0.005)
    for row in 0..<4 {
      let y = 0.085 + Double(row) * 0.048
      for _ in 0..<3 {
        let from = Spot(left + 0.03 + dice.swing(0.018), y + dice.swing(0.014))
        canvas.stroke(
          .line([from, from + Spot(dice.swing(0.025), dice.swing(0.03))]), ink, width: 0.006)
      }
    }
    canvas.fill(
      .polygon([
        Spot(left + 0.01, 0.29), Spot(left + 0.05, 0.29), Spot(left + 0.05, 0.33),
        Spot(left + 0.01, 0.33),
      ]), Tint(hex: 0xB83228))
  }
}
