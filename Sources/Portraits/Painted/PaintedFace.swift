import Foundation

extension PaintedSitter {
  /// The face and the neck, back to front.
  var faceLayers: [PaintedLayer] {
    [neck] + ears + [face] + noseLines + mouth + eye(side: -1) + eye(side: 1) + wrinkles
  }

  /// The outline of the face, chin and jaw included.
  var faceOutline: PaintedShape {
    let lean = 0.2 * sin(turn)
    let hollow = 0.045 * abs(sin(turn))
    func side(_ sign: Double) -> [Spot] {
      // The far side of a turned face shows the hollow of the eye and the cheekbone.
      let far = sign * turn > 0 ? hollow : 0
      return [
        spot(sign * 0.56, -0.86), spot(sign * 0.9, -0.5), spot(sign * (0.97 - far), -0.08),
        spot(sign * (0.94 + far * 0.5), 0.22), spot(sign * 0.84 * jaw + lean * 0.35, 0.56),
        spot(sign * 0.55 * jaw + lean * 0.8, 0.85), spot(sign * 0.22 + lean, 0.99),
      ]
    }
    return PaintedShape(spots: [spot(0, -1)] + side(1) + side(-1).reversed())
  }

  private var face: PaintedLayer { PaintedLayer(part: .face, shape: faceOutline) }

  private var neck: PaintedLayer {
    let width = headRadii.x * (isWoman ? 0.5 : 0.62) * (2 - jaw * 0.98)
    let top = headCenter + Spot(-0.06 * sin(turn), headRadii.y * 0.45)
    let base = neckBase
    return PaintedLayer(
      part: .neck,
      shape: PaintedShape(spots: [
        top + Spot(-width, 0), top + Spot(width, 0),
        Spot(base.x + width * 1.04, base.y - 0.05), Spot(base.x + width * 1.7, base.y + 0.04),
        Spot(base.x, base.y + 0.17), Spot(base.x - width * 1.7, base.y + 0.04),
        Spot(base.x - width * 1.04, base.y - 0.05),
      ]))
  }

  private var ears: [PaintedLayer] {
    [-1.0, 1].compactMap { side in
      guard side * turn < 0.2 else { return nil }
      let inward = abs(turn) * 0.5
      return PaintedLayer(
        part: .ear,
        shape: .ellipse(
          center: spot(side * (0.99 - inward), 0.14),
          radii: Spot(headRadii.x * 0.14, headRadii.y * 0.2), turn: tilt - side * 0.12))
    }
  }

  private func eye(side: Double) -> [PaintedLayer] {
    let across = side * 0.42
    let narrow = foreshortening(across)
    let center = feature(across, 0.02)
    let width = headRadii.x * 0.215 * narrow
    let height = headRadii.y * 0.075 * openness
    func at(_ right: Double, _ down: Double) -> Spot {
      let offset = Spot(right * width * side, down * height)
      return center
        + Spot(
          offset.x * cos(tilt) - offset.y * sin(tilt), offset.x * sin(tilt) + offset.y * cos(tilt))
    }
    let almond = PaintedShape(spots: [
      at(-1, 0.25), at(-0.45, -0.75), at(0.3, -0.85), at(1, -0.1), at(0.4, 0.75), at(-0.45, 0.8),
    ])
    let lid = PaintedShape.line([at(-1.1, 0.35), at(-0.45, -0.85), at(0.3, -1), at(1.2, -0.15)])
    let fold = PaintedShape.line([at(-0.8, -1.2), at(0.1, -1.9), at(1.1, -1.1)])
    let look = center + Spot((gaze * 0.28 + sin(turn) * 0.18) * width, -0.02 * height)
    let iris = min(headRadii.x * 0.105, height * 0.98)
    let lift = -0.2 - browLift - 0.02 * smile
    let brow = PaintedShape.line([
      feature(side * 0.16, lift + 0.05), feature(side * 0.4, lift - 0.035),
      feature(side * 0.68, lift + 0.045),
    ])
    let bag = PaintedShape.line([at(-0.7, 1.5), at(0.1, 1.9), at(0.8, 1.3)])
    var layers = [
      PaintedLayer(part: .crease, shape: fold, lineWidth: 0.006),
      PaintedLayer(part: .eyeWhite, shape: almond),
      PaintedLayer(
        part: .iris, shape: .ellipse(center: look, radii: Spot(iris * 0.9, iris))),
      PaintedLayer(
        part: .pupil, shape: .ellipse(center: look, radii: Spot(iris * 0.48, iris * 0.52))),
      PaintedLayer(part: .crease, shape: lid, lineWidth: isWoman ? 0.014 : 0.012),
      PaintedLayer(part: .brow, shape: brow, lineWidth: isWoman ? 0.013 : 0.02),
    ]
    if age > 0.55 {
      layers.insert(PaintedLayer(part: .crease, shape: bag, lineWidth: 0.004), at: 0)
    }
    return layers
  }

  private var noseLines: [PaintedLayer] {
    let base = 0.36 * noseLength
    // The ridge stands out from the face, so it moves farther than the face when the head turns.
    let tip = min(max(turned(0) * 1.22, -0.9), 0.9)
    let side = turn > 0 ? 1.0 : -1
    let wing = 0.15
    let under = PaintedShape.line([
      spot(tip - wing, base - 0.03), spot(tip - wing * 0.55, base + 0.035),
      spot(tip, base + 0.055), spot(tip + wing * 0.55, base + 0.035),
      spot(tip + wing, base - 0.03),
    ])
    let ridge = PaintedShape.line([
      spot(turned(0.13 * side), -0.12), spot(turned(0) + side * 0.1, 0.04),
      spot(tip + side * 0.09, base - 0.1),
    ])
    return [
      PaintedLayer(part: .crease, shape: under, lineWidth: 0.008),
      PaintedLayer(part: .crease, shape: ridge, lineWidth: 0.004),
    ]
  }

  private var mouth: [PaintedLayer] {
    let down = 0.6 + (noseLength - 1) * 0.2
    let half = 0.3 + 0.05 * smile
    let corner = down - 0.05 * smile
    let fullness = isWoman ? 1.0 : 0.75
    let upper = PaintedShape(spots: [
      feature(-half, corner), feature(-0.12, down - 0.055 * fullness),
      feature(0, down - 0.035 * fullness), feature(0.12, down - 0.055 * fullness),
      feature(half, corner), feature(0, down + 0.015),
    ])
    let lower = PaintedShape(spots: [
      feature(-half * 0.86, corner + 0.012), feature(0, down + 0.008),
      feature(half * 0.86, corner + 0.012), feature(0.13, down + 0.085 * fullness),
      feature(-0.13, down + 0.085 * fullness),
    ])
    let line = PaintedShape.line([
      feature(-half * 1.06, corner - 0.005), feature(-half * 0.4, down + 0.006),
      feature(half * 0.4, down + 0.006), feature(half * 1.06, corner - 0.005),
    ])
    let moustache = PaintedShape(spots: [
      feature(-0.4, down + 0.05), feature(-0.2, down - 0.1), feature(0, down - 0.13),
      feature(0.2, down - 0.1), feature(0.4, down + 0.05), feature(0.16, down - 0.01),
      feature(0, down - 0.04), feature(-0.16, down - 0.01),
    ])
    let goatee = PaintedShape(spots: [
      feature(-0.2, down + 0.15), feature(0, down + 0.12), feature(0.2, down + 0.15),
      feature(0.17, 1.0), feature(0, 1.16), feature(-0.17, 1.0),
    ])
    let lips = [
      PaintedLayer(part: .lip, shape: upper), PaintedLayer(part: .lip, shape: lower),
      PaintedLayer(part: .crease, shape: line, lineWidth: 0.008),
    ]
    switch beard {
    case .none: return lips
    case .moustache: return lips + [PaintedLayer(part: .beard, shape: moustache)]
    case .goatee:
      return lips
        + [
          PaintedLayer(part: .beard, shape: goatee), PaintedLayer(part: .beard, shape: moustache),
        ]
    case .full:
      return [PaintedLayer(part: .beard, shape: fullBeard(mouth: down))] + lips
        + [PaintedLayer(part: .beard, shape: moustache)]
    }
  }

  private func fullBeard(mouth down: Double) -> PaintedShape {
    let lean = 0.2 * sin(turn)
    let length = 1.12 + 0.16 * age
    return PaintedShape(spots: [
      spot(-0.97, 0.12), spot(-0.8, 0.3), feature(-0.46, down - 0.06), feature(0, down - 0.1),
      feature(0.46, down - 0.06), spot(0.8, 0.3), spot(0.97, 0.12), spot(0.92 + lean * 0.3, 0.6),
      spot(0.6 + lean * 0.8, length - 0.1), spot(lean, length + 0.08),
      spot(-0.6 + lean * 0.8, length - 0.1), spot(-0.92 + lean * 0.3, 0.6),
    ])
  }

  private var wrinkles: [PaintedLayer] {
    guard age > 0.5 else { return [] }
    let folds = [-1.0, 1].map { side in
      PaintedShape.line([
        feature(side * 0.2, 0.3), feature(side * 0.36, 0.44), feature(side * 0.4, 0.58),
      ])
    }
    let forehead = PaintedShape.line([
      feature(-0.35, -0.42), feature(0, -0.45), feature(0.35, -0.42),
    ])
    return (age > 0.75 ? folds + [forehead] : folds).map {
      PaintedLayer(part: .crease, shape: $0, lineWidth: 0.004)
    }
  }
}
