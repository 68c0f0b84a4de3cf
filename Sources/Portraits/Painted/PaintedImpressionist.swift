import Foundation

/// Short bright dabs in open air: warm where light falls, violet and blue where it does not.
struct PaintedImpressionist: PaintedPainter {
  let name = "impressionist"

  let manner = PaintedSitter.Manner(
    hair: [.short, .swept, .bun, .long, .bun, .curls], hats: [.brimmed, .brimmed, .bonnet, .beret],
    dress: [.plain, .lowNeck, .scarf, .lapels, .plain], turn: 0.8, beards: 0.4)

  /// Colours of what lies behind the sitter, in its upper and its lower half.
  private static let gardens: [([UInt32], [UInt32])] = [
    ([0x9CC4E4, 0xC6DCEB, 0xE8EEF0, 0x86AEDC], [0x5F8F4B, 0x8FB05A, 0xB9CF7A, 0x3F7050]),
    ([0xC8DCE8, 0xF1E4C8, 0xA9C0DC], [0x6E9ED0, 0x4F86C0, 0x9CC2E0, 0xE8F0F0]),
    ([0x6FA05A, 0x9CC070, 0x4F8050, 0xC8D890], [0x4F7A48, 0xD9708F, 0xF0B0C0, 0x6E9E58]),
    ([0xF4D890, 0xF0C070, 0xF8E8B8], [0xC8A048, 0xE0B850, 0xA89850, 0xD87848]),
    ([0xE8B8B0, 0xC8A8D0, 0xF2D8C0, 0xA8A8D8], [0x6A78A8, 0x8890B8, 0x506898, 0xE0A890]),
    ([0x7FA8A0, 0xA8C8B8, 0x5F8F90], [0x486858, 0x688868, 0x90A870, 0x385850]),
  ]

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let (above, below) = dice.pick(Self.gardens)
    let sky = above.map { Tint(hex: $0) }
    let shrubs = below.map { Tint(hex: $0) }
    let base = sunlit(study, ground: sky[0])
    var image = base
    let drift = dice.number(in: -0.9...0.9)

    var dabs: [PaintedImage.Dab] = []
    // The garden in broad touches, then the sitter in ever finer ones.
    for _ in 0..<700 {
      let spot = Spot(dice.number(in: 0...1), dice.number(in: 0...1))
      guard study.parts[base.index(of: spot)] == .ground else { continue }
      let below = spot.y + dice.swing(0.5) > 0.55
      let tint = dice.pick(below ? shrubs : sky) * Float(dice.number(in: 0.85...1.1))
      dabs.append(
        .init(
          center: spot, radii: Spot(0.042, 0.017), turn: drift + dice.swing(0.8), tint: tint.held,
          opacity: 0.9))
    }
    for (count, isFine) in [(1_300, false), (1_900, true)] {
      for _ in 0..<count {
        let spot = Spot(dice.number(in: 0...1), dice.number(in: 0...1))
        let part = study.parts[base.index(of: spot)]
        if part == .ground || isFine != (part.isSkin || part == .lip || part == .crease) {
          continue
        }
        let reach = isFine ? 0.09 : 0.11
        let jitter = Tint(
          Float(dice.swing(reach)), Float(dice.swing(reach)), Float(dice.swing(reach * 1.3)))
        dabs.append(
          .init(
            center: spot, radii: isFine ? Spot(0.019, 0.0085) : Spot(0.03, 0.011),
            turn: direction(at: spot, in: study) + dice.swing(0.5),
            tint: (base.tint(at: spot) + jitter).saturated(1.15), opacity: isFine ? 0.7 : 0.9))
      }
    }
    image.paint(dabs)
    return withFeatures(image, study)
  }

  /// The sitter in sunlight, with the sky in the shadows.
  private func sunlit(_ study: PaintedStudy, ground: Tint) -> PaintedImage {
    let violet = Tint(hex: 0x7A78B8)
    return study.image { index, _, _ in
      guard study.parts[index] != .ground else { return ground }
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
