import Foundation

/// Who sits for a portrait: the chance choices about a face, its hair and its dress.
///
/// A sitter is the same for every painter who would paint them; a painter's ``Manner`` only limits
/// what is chosen from, as an icon has no tricorne.
struct PaintedSitter {
  enum Hair: CaseIterable { case short, swept, bob, long, bun, curls, receding, wig, topknot }
  enum Hat: CaseIterable { case none, beret, tricorne, bonnet, turban, brimmed, cap, veil }
  enum Dress: CaseIterable { case plain, ruff, band, lapels, scarf, lowNeck, kimono, robe }
  enum Beard: CaseIterable { case none, moustache, goatee, full }

  /// What a painter's sitters look like.
  struct Manner {
    var hair: [Hair] = [.short, .swept, .bob, .long, .bun, .curls, .receding]
    var hats: [Hat] = [.none]
    var dress: [Dress] = [.plain, .lapels, .scarf, .lowNeck]
    /// The farthest that a head turns from the front, in radians.
    var turn = 0.6
    /// How much longer than usual faces are.
    var stretch = 1.0
    /// How far eyes are open.
    var openness = 1.0
    /// How likely a man has a beard.
    var beards = 0.45
  }

  // MARK: Choices

  let isWoman: Bool
  /// From 0, just grown up, to 1, old.
  let age: Double
  /// From 0, the darkest skin, to 1, the fairest.
  let fairness: Double
  let hair: Hair
  let hairTint: Tint
  let hat: Hat
  let hatTint: Tint
  let dress: Dress
  let dressTint: Tint
  let beard: Beard
  /// The width of the jaw and the weight of the face, around 1.
  let jaw: Double
  /// How far the eyes are open, around 1.
  let openness: Double
  /// From -1, sullen, to 1, smiling.
  let smile: Double
  /// Where the eyes look, from -1, left, to 1, right.
  let gaze: Double
  let noseLength: Double
  let browLift: Double
  let eyeTint: Tint
  /// The side that light comes from: -1, left, or 1, right.
  let lightSide: Double

  // MARK: Pose

  /// The turn of the head in radians; positive faces the right edge.
  let turn: Double
  /// The tilt of the head in radians.
  let tilt: Double
  let headCenter: Spot
  /// Half the width and half the height of the head.
  let headRadii: Spot

  init(dice: inout PaintedDice, manner: Manner) {
    isWoman = dice.happens(0.5)
    age = dice.number(in: 0...1)
    fairness = 1 - pow(dice.number(in: 0...1), 1.6)
    let chosenHat = dice.happens(0.45) ? .none : dice.pick(manner.hats)
    hat =
      switch (chosenHat, isWoman) {
      case (.bonnet, false), (.veil, false): .none
      case (.tricorne, true): .bonnet
      default: chosenHat
      }
    let chosenHair = dice.pick(manner.hair)
    hair =
      switch (chosenHair, isWoman) {
      case (.receding, true): .bun
      case (.bun, false), (.bob, false): .short
      case (.short, true): .long
      default: chosenHair
      }
    let grey = age > 0.7 && dice.happens(0.7)
    let naturals: [UInt32] =
      fairness < 0.35
      ? [0x120D0B, 0x1E1512, 0x2C1D16]
      : [0x1A1210, 0x33211A, 0x4E3220, 0x6B4426, 0x8E4A22, 0xA87838, 0xC9A25A]
    let greys: [UInt32] = [0x8C8882, 0xB5B0A8, 0xDAD6CE]
    hairTint =
      chosenHair == .wig ? Tint(hex: 0xD8D2C4) : Tint(hex: dice.pick(grey ? greys : naturals))
    hatTint = Tint(
      hue: dice.number(in: 0...1), saturation: dice.number(in: 0.2...0.75),
      value: dice.number(in: 0.2...0.75))
    dress = dice.pick(manner.dress)
    dressTint = Tint(
      hue: dice.number(in: 0...1), saturation: dice.number(in: 0.25...0.8),
      value: dice.number(in: 0.2...0.7))
    beard =
      !isWoman && dice.happens(manner.beards)
      ? dice.pick([.moustache, .goatee, .full, .full]) : .none
    jaw = (isWoman ? 0.94 : 1.03) + dice.swing(0.09)
    openness = (1 + dice.swing(0.28) - 0.12 * age) * manner.openness
    smile = dice.swing(1)
    gaze = dice.swing(1)
    noseLength = 1 + dice.swing(0.14) + 0.05 * age
    browLift = dice.swing(0.05)
    eyeTint = Tint(hex: dice.pick([0x3A2416, 0x4A3018, 0x2C1C14, 0x3F5A6B, 0x4C6148]))
    lightSide = dice.happens(0.65) ? -1 : 1

    turn = dice.swing(manner.turn)
    tilt = dice.swing(0.16)
    let height = dice.number(in: 0.27...0.32) * (hat == .none ? 1 : 0.92)
    let breadth = height * (isWoman ? 0.73 : 0.75) * dice.number(in: 0.94...1.06)
    headRadii = Spot(breadth, height * manner.stretch)
    headCenter = Spot(
      0.5 + dice.swing(0.05) - 0.05 * sin(turn),
      (hat != .none ? 0.475 : hair == .topknot ? 0.46 : 0.43) + dice.swing(0.025))
  }

  // MARK: Places on the head

  /// The place at `across` and `down` of the head, each in -1...1 from its middle.
  func spot(_ across: Double, _ down: Double) -> Spot {
    let offset = Spot(across, down) * headRadii
    return headCenter
      + Spot(
        offset.x * cos(tilt) - offset.y * sin(tilt), offset.x * sin(tilt) + offset.y * cos(tilt))
  }

  /// Where a feature that lies at `across` of a face seen from the front lies on the turned one.
  func turned(_ across: Double) -> Double {
    sin(min(max(asin(min(max(across, -1), 1)) + turn, -.pi / 2), .pi / 2))
  }

  /// How much narrower a feature at `across` looks on the turned head.
  func foreshortening(_ across: Double) -> Double {
    max(0.25, cos(asin(min(max(across, -1), 1)) + turn))
  }

  /// The place of a feature at `across` and `down` of the turned face.
  func feature(_ across: Double, _ down: Double) -> Spot { spot(turned(across), down) }

  /// The place where the neck meets the shoulders.
  var neckBase: Spot { Spot(headCenter.x * 0.6 + 0.2, headCenter.y + headRadii.y * 1.22) }
}

extension PaintedSitter {
  var skinTint: Tint {
    let tones = [
      0x4A2C1E, 0x6E4630, 0x94623F, 0xB98257, 0xD6A27A, 0xE6BC98, 0xF1D2B6,
    ].map { Tint(hex: $0) }
    let place = Float(fairness) * Float(tones.count - 1)
    let index = min(Int(place), tones.count - 2)
    return tones[index].mixed(with: tones[index + 1], place - Float(index))
  }

  /// The colour that `part` has in daylight.
  func naturalTint(of part: PaintedPart) -> Tint {
    switch part {
    case .ground: Tint(hex: 0x8A8478)
    case .face, .neck, .ear: skinTint
    case .hair, .hairBehind, .beard: hairTint
    case .brow: hairTint.mixed(with: skinTint * 0.5, 0.35)
    case .lip: skinTint.mixed(with: Tint(hex: 0xB03A3A), isWoman ? 0.6 : 0.38)
    case .crease: skinTint * Tint(0.42, 0.32, 0.3)
    case .eyeWhite: Tint(hex: 0xEDE6DC)
    case .iris: eyeTint
    case .pupil: Tint(hex: 0x100C0A)
    case .garment: dressTint
    case .trim: dressTint.mixed(with: Tint(hex: 0xE0C070), 0.45)
    case .linen: Tint(hex: 0xEDE8DC)
    case .hat: hat == .bonnet ? Tint(hex: 0xE9E4D8) : hatTint
    case .ornament: Tint(hex: 0xD8B04A)
    }
  }
}
