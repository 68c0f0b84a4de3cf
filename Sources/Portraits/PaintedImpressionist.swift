import Foundation

/// Short bright dabs in open air: warm where light falls, violet and blue where it does not.
struct PaintedImpressionist: PaintedPainter {
  let name = "impressionist"

  let manner = PaintedSitter.Manner(
    hair: [.short, .swept, .bun, .long, .bun, .curls], hats: [.brimmed, .brimmed, .bonnet, .beret],
    dress: [.plain, .lowNeck, .scarf, .lapels, .plain], turn: 0.8, beards: 0.4)

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let gardens: [[UInt32]] = [
      [0x7FA65A, 0xB9CF7A, 0x5F8F6B, 0xE8D9A0, 0x9CC2C9], [0x8FB3D9, 0xC6DCEB, 0xA7B7D8, 0xF1E4C8],
      [0xE3B8A8, 0xF2DCC0, 0xC99BB0, 0xA7BFA0], [0x6E9E8E, 0x9FC6A8, 0xD7E0A8, 0x547F8F, 0xD98F8F],
      [0xC8B6DC, 0x9AA7D8, 0xE6D0DC, 0xA9C9B4], [0xE8C878, 0xD9A65A, 0xB9B86A, 0xF4E6B8],
    ]
    let garden = dice.pick(gardens).map { Tint(hex: $0) }
    let base = sunlit(study, sky: garden)
    var image = PaintedImage(size: study.size, tint: garden[0].mixed(with: garden[1], 0.5))
    let drift = dice.number(in: -0.9...0.9)

    var dabs: [PaintedImage.Dab] = []
    // The ground in broad touches of the garden's colours, then the sitter in ever finer ones.
    for _ in 0..<420 {
      let spot = Spot(dice.number(in: 0...1), dice.number(in: 0...1))
      let tint = dice.pick(garden) * Float(dice.number(in: 0.85...1.1))
      dabs.append(
        .init(
          center: spot, radii: Spot(0.045, 0.016), turn: drift + dice.swing(0.7), tint: tint.held,
          opacity: 0.85))
    }
    for (count, length, width, part) in [(900, 0.034, 0.014, false), (1500, 0.017, 0.0085, true)] {
      for _ in 0..<count {
        let spot = Spot(dice.number(in: 0...1), dice.number(in: 0...1))
        let seen = study.parts[base.index(of: spot)]
        if seen == .ground { continue }
        let isFine = seen.isSkin || seen == .lip || seen.isHair || seen == .crease
        if part && !isFine { continue }
        let jitter = Tint(
          Float(dice.swing(0.11)), Float(dice.swing(0.09)), Float(dice.swing(0.11)))
        let tint = (base.tint(at: spot) + jitter).saturated(1.15)
        dabs.append(
          .init(
            center: spot, radii: Spot(length, width),
            turn: direction(at: spot, in: study) + dice.swing(0.5), tint: tint, opacity: 0.9))
      }
    }
    image.paint(dabs)
    return withFeatures(image, study)
  }

  /// The sitter in sunlight, with the sky in the shadows.
  private func sunlit(_ study: PaintedStudy, sky: [Tint]) -> PaintedImage {
    let violet = Tint(hex: 0x7A78B8)
    return study.image { index, _, _ in
      let lit = smoothStep(-0.35, 0.85, study.facing[index])
      let color = study.colors.tints[index].mixed(with: Tint(repeating: 1), 0.12)
      let shade = (color * 0.62).mixed(with: violet * (0.4 + 0.5 * color.luminance), 0.45)
      return shade.mixed(with: (color * Tint(1.16, 1.1, 0.98)).held, lit)
    }
  }

  /// Brushes follow the head round its middle and fall down the dress.
  private func direction(at spot: Spot, in study: PaintedStudy) -> Double {
    let offset = (spot - study.sitter.headCenter) / study.sitter.headRadii
    if offset.y > 1.1 { return 1.2 + offset.x * 0.5 }
    return atan2(offset.y, offset.x) + .pi / 2
  }

  /// Eyes, brows, mouth and nose, touched in last so that the sitter looks at you.
  private func withFeatures(_ image: PaintedImage, _ study: PaintedStudy) -> PaintedImage {
    let canvas = PaintedCanvas(image)
    let dark = Tint(hex: 0x2E2A48)
    for layer in study.layers {
      switch layer.part {
      case .eyeWhite: canvas.draw(layer, Tint(hex: 0xE9E6EA), opacity: 0.75)
      case .iris, .pupil: canvas.draw(layer, study.sitter.eyeTint * 0.7, opacity: 0.9)
      case .crease: canvas.draw(layer, dark, opacity: 0.42)
      case .brow:
        canvas.draw(layer, study.sitter.hairTint.mixed(with: dark, 0.5), opacity: 0.6)
      case .lip: canvas.draw(layer, Tint(hex: 0xC2545A), opacity: 0.55)
      default: break
      }
    }
    return canvas.image
  }
}
