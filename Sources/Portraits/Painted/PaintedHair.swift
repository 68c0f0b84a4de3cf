import Foundation

extension PaintedSitter {
  /// The hair that the head covers.
  var hairBehindLayers: [PaintedLayer] {
    func layer(_ spots: [Spot]) -> PaintedLayer {
      PaintedLayer(part: .hairBehind, shape: PaintedShape(spots: spots))
    }
    let back = -0.16 * sin(turn)
    switch hair {
    case .long:
      return [
        layer([
          spot(back, -1.1), spot(0.9 + back, -0.8), spot(1.18 + back, 0), spot(1.22 + back, 0.8),
          spot(1.15 + back, 1.5), spot(0.4, 1.55), spot(-0.4, 1.55), spot(-1.15 + back, 1.5),
          spot(-1.22 + back, 0.8), spot(-1.18 + back, 0), spot(-0.9 + back, -0.8),
        ])
      ]
    case .bob:
      return [
        layer([
          spot(back, -1.1), spot(0.9 + back, -0.82), spot(1.2 + back, 0), spot(1.24 + back, 0.62),
          spot(0.7, 0.8), spot(-0.7, 0.8), spot(-1.24 + back, 0.62), spot(-1.2 + back, 0),
          spot(-0.9 + back, -0.82),
        ])
      ]
    case .curls, .wig:
      let long = hair == .wig ? 1.25 : 0.45
      let rolls = 15
      return (0..<rolls).map { step in
        let angle = (Double(step) / Double(rolls - 1) * 1.5 + 0.25) * .pi
        let down = -cos(angle - .pi) * 0.92
        let place = spot(
          sin(angle - .pi) * 1.04 + back, down > -0.1 ? -0.1 + (down + 0.1) * (1 + long) : down)
        return PaintedLayer(
          part: .hairBehind,
          shape: .ellipse(center: place, radii: Spot(repeating: headRadii.x * 0.31)))
      }
    case .bun, .topknot:
      let high = hair == .topknot
      let knot = PaintedShape.ellipse(
        center: spot(back * (high ? 1 : 2.2), high ? -1.2 : -1.14),
        radii: headRadii * Spot(high ? 0.34 : 0.42, high ? 0.2 : 0.26))
      return [PaintedLayer(part: .hairBehind, shape: knot)] + sideRolls
    case .short, .swept, .receding: return []
    }
  }

  /// The wide side rolls of a dressed coiffure.
  private var sideRolls: [PaintedLayer] {
    guard hair == .topknot, isWoman else { return [] }
    return [-1.0, 1].map { side in
      PaintedLayer(
        part: .hairBehind,
        shape: .ellipse(
          center: spot(side * 0.95 - 0.1 * sin(turn), -0.25), radii: headRadii * Spot(0.4, 0.42)))
    }
  }

  /// Whether the crown is bald or shaved.
  private var hasHighHairline: Bool { hair == .receding || hair == .topknot && !isWoman }

  /// The hair in front of the head, from the crown to the hairline.
  var hairLayers: [PaintedLayer] {
    let back = -0.12 * sin(turn)
    let temple = hair == .receding ? 0.02 : 0.12
    let height = hair == .receding ? -1.04 : hair == .short ? -1.1 : -1.15
    let crown = [
      spot(-1.06 + back, temple), spot(-1.1 + back, -0.35), spot(-0.86 + back, -0.8),
      spot(-0.4 + back, height + 0.06), spot(back, height), spot(0.4 + back, height + 0.06),
      spot(0.86 + back, -0.8), spot(1.1 + back, -0.35), spot(1.06 + back, temple),
    ]
    // From the right temple to the left one, on the face.
    let line: [Spot] =
      switch hasHighHairline ? .receding : hair {
      case .swept:
        [(0.9, -0.1), (0.8, -0.48), (0.3, -0.5), (-0.25, -0.68), (-0.72, -0.6), (-0.9, -0.1)]
          .map { feature($0.0 * lightSide * -1, $0.1) }
      case .bob:
        [(0.92, 0.05), (0.84, -0.28), (0.4, -0.36), (0, -0.38), (-0.4, -0.36), (-0.84, -0.28)]
          .map { feature($0.0, $0.1) } + [feature(-0.92, 0.05)]
      case .long, .bun:
        [(0.93, 0.05), (0.8, -0.4), (0.36, -0.62), (0, -0.78), (-0.36, -0.62), (-0.8, -0.4)]
          .map { feature($0.0, $0.1) } + [feature(-0.93, 0.05)]
      case .receding:
        [(0.95, 0), (0.88, -0.45), (0.66, -0.86), (0, -0.93), (-0.66, -0.86), (-0.88, -0.45)]
          .map { feature($0.0, $0.1) } + [feature(-0.95, 0)]
      default:
        [(0.92, 0), (0.82, -0.42), (0.45, -0.62), (0, -0.62), (-0.45, -0.62), (-0.82, -0.42)]
          .map { feature($0.0, $0.1) } + [feature(-0.92, 0)]
      }
    let ordered = (line.first?.x ?? 0) > (line.last?.x ?? 0) ? line : line.reversed()
    var layers = [PaintedLayer(part: .hair, shape: PaintedShape(spots: crown + ordered))]
    if hair == .curls {
      layers += (0..<7).map { step in
        let across = Double(step) / 3 - 1
        return PaintedLayer(
          part: .hair,
          shape: .ellipse(
            center: spot(across * 0.82 + back, -0.72 - 0.2 * (1 - across * across)),
            radii: Spot(repeating: headRadii.x * 0.27)))
      }
    }
    if hair == .topknot {
      layers.append(
        PaintedLayer(
          part: .ornament, shape: .line([spot(-0.62 + back, -1.28), spot(0.62 + back, -1.1)]),
          lineWidth: 0.014))
    }
    if hair == .long {
      // Locks that fall before the shoulders.
      layers += [-1.0, 1].map { side in
        PaintedLayer(
          part: .hair,
          shape: PaintedShape(spots: [
            spot(side * 1.06 + back, -0.3), spot(side * 1.22 + back, 0.3),
            spot(side * 1.26 + back, 1.0), spot(side * 1.1 + back, 1.6),
            spot(side * 0.84 + back, 1.45), spot(side * 0.98 + back, 0.9),
            spot(side * 0.94 + back, 0.2),
          ]))
      }
    }
    return layers
  }
}
