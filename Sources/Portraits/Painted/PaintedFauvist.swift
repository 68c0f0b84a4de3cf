/// Flat wild colours and thick dark outlines: light and shade are different hues, not brightness.
struct PaintedFauvist: PaintedPainter {
  let name = "fauvist"

  let manner = PaintedSitter.Manner(
    hair: [.short, .swept, .bob, .bun, .curls, .receding, .long],
    hats: [.brimmed, .beret, .turban, .brimmed], dress: [.plain, .lapels, .scarf, .lowNeck],
    turn: 0.7, beards: 0.4)

  /// The colours of one picture: each kind of surface in light, between, and in shade.
  private struct Scheme {
    var skin: [UInt32]
    var hair: [UInt32]
    var dress: [UInt32]
    var hat: [UInt32]
    var grounds: [UInt32]
  }

  private static let schemes = [
    Scheme(
      skin: [0xFFD9A0, 0xF4936A, 0x3FA07C], hair: [0xE0522A, 0x9C2440, 0x4A1C50],
      dress: [0x2FA6B8, 0x1F62A8, 0x2A2E78], hat: [0xF5B52E, 0xE0702A, 0x9C2C40],
      grounds: [0x3FB08A, 0xE85A8C]),
    Scheme(
      skin: [0xFFE59A, 0xF5B84A, 0xD6455A], hair: [0x2E58B8, 0x1E2F80, 0x141C48],
      dress: [0xE8453C, 0xB8284A, 0x6A1C4A], hat: [0x46A85A, 0x2A7A58, 0x1C4A50],
      grounds: [0xF0882E, 0x6A48A8]),
    Scheme(
      skin: [0xFBC8C0, 0xEF8FA0, 0x5A6FC8], hair: [0xF2A52E, 0xC8621E, 0x7A2E28],
      dress: [0x58B04A, 0x2A8060, 0x1E4A58], hat: [0x8A4AB0, 0x5A2E90, 0x34205A],
      grounds: [0xF5D23C, 0xE84A3C]),
    Scheme(
      skin: [0xF2E4B0, 0xA8C878, 0x3F8098], hair: [0x3A1E48, 0x2A1638, 0x180E24],
      dress: [0xF08AB0, 0xD84A80, 0x8A2A68], hat: [0xE83E32, 0xA82A3A, 0x601E3A],
      grounds: [0x3A8AD0, 0xF0A83A]),
    Scheme(
      skin: [0xFFC27A, 0xE8622E, 0x7A3FA0], hair: [0x2E9A8A, 0x1E6A78, 0x16405A],
      dress: [0xF5D548, 0xE0A02E, 0xA0602A], hat: [0x3FA0D8, 0x2A62B0, 0x243A80],
      grounds: [0xE85A7A, 0x2A9A70]),
  ]

  func paint(_ study: PaintedStudy, dice: inout PaintedDice) -> PaintedImage {
    let scheme = dice.pick(Self.schemes)
    let swap = dice.happens(0.5)
    let left = Tint(hex: scheme.grounds[swap ? 1 : 0])
    let right = Tint(hex: scheme.grounds[swap ? 0 : 1])
    let slant = Float(dice.number(in: -0.5...0.5))
    let split = Float(dice.number(in: 0.25...0.75))
    let patches = PaintedNoise(cells: 7, dice: &dice)

    let flat = study.image { index, x, y in
      let part = study.parts[index]
      let uneven = patches(x, y)
      let step = study.facing[index] + 0.22 * (uneven - 0.5)
      let zone = step > 0.62 ? 0 : step > 0.22 ? 1 : 2
      let touch = 0.93 + 0.14 * uneven
      let hues: [UInt32]
      switch part {
      case .ground: return (x + slant * (y - 0.5) < split ? left : right) * touch
      case .face, .neck, .ear, .crease: hues = scheme.skin
      case .lip: hues = [0xE8324A, 0xC0203A, 0x8A1840]
      case .eyeWhite: hues = [0xFFFFF0, 0xF0F0E0, 0xE0E8E8]
      case .iris, .pupil, .brow: hues = [0x1A2040, 0x1A2040, 0x1A2040]
      case .hair, .hairBehind, .beard: hues = scheme.hair
      case .garment: hues = scheme.dress
      case .hat: hues = scheme.hat
      case .trim, .ornament: hues = scheme.hat.reversed()
      case .linen: hues = [0xFFF8E0, 0xE8DCE8, 0xA8B8E0]
      }
      return (Tint(hex: hues[zone]) * touch).held
    }
    let ink = Tint(hex: dice.pick([0x14183A, 0x1C1018, 0x0E2430]))
    let canvas = study.overdrawn(flat) { canvas, layer in
      switch layer.part {
      case .crease, .brow:
        canvas.stroke(layer.shape, ink, width: max(layer.lineWidth ?? 0, 0.006) * 1.5)
      case .iris, .pupil, .ornament, .neck: break
      case .lip, .eyeWhite: canvas.stroke(layer.shape, ink, width: 0.007)
      default: canvas.stroke(layer.shape, ink, width: 0.016, opacity: 0.92)
      }
    }
    return canvas.image
  }
}
