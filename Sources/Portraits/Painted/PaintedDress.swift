import Foundation

extension PaintedSitter {
  /// Shoulders, dress and collar.
  var dressLayers: [PaintedLayer] {
    let base = neckBase
    let width = isWoman ? 0.34 : 0.4
    let drop = base.y + 0.1
    func torso(neckline: Double, depth: Double) -> PaintedLayer {
      PaintedLayer(
        part: .garment,
        shape: PaintedShape(spots: [
          Spot(base.x - neckline, base.y - 0.035), Spot(base.x - width * 0.62, drop - 0.07),
          Spot(base.x - width, drop + 0.03), Spot(base.x - width - 0.1, 1.1),
          Spot(base.x, 1.2), Spot(base.x + width + 0.1, 1.1), Spot(base.x + width, drop + 0.03),
          Spot(base.x + width * 0.62, drop - 0.07), Spot(base.x + neckline, base.y - 0.035),
          Spot(base.x, base.y + depth),
        ]))
    }
    let neck = headRadii.x * 0.72
    func collar(_ part: PaintedPart, _ spots: [Spot]) -> PaintedLayer {
      PaintedLayer(part: part, shape: .polygon(spots.map { $0 + base }))
    }
    switch dress {
    case .plain:
      return [
        torso(neckline: neck, depth: 0.05),
        PaintedLayer(
          part: .trim,
          shape: .line([
            base + Spot(-neck * 1.05, -0.015), base + Spot(-neck * 0.5, 0.045),
            base + Spot(0, 0.06), base + Spot(neck * 0.5, 0.045), base + Spot(neck * 1.05, -0.015),
          ]), lineWidth: 0.026),
      ]
    case .ruff:
      let ruff = PaintedShape.ellipse(
        center: base + Spot(0, -0.03), radii: Spot(headRadii.x * 1.5, headRadii.y * 0.4))
      let folds = (0..<13).map { step in
        let angle = Double(step) / 12 * .pi
        let rim = Spot(cos(angle) * headRadii.x * 1.42, sin(angle) * headRadii.y * 0.36)
        return PaintedLayer(
          part: .crease,
          shape: .line([base + Spot(0, -0.03) + rim * 0.55, base + Spot(0, -0.03) + rim]),
          lineWidth: 0.004)
      }
      return [torso(neckline: neck, depth: 0.05), PaintedLayer(part: .linen, shape: ruff)] + folds
    case .band:
      return [
        torso(neckline: neck, depth: 0.03),
        collar(.linen, [Spot(-neck, -0.05), Spot(0, 0.02), Spot(-0.03, 0.15), Spot(-0.22, 0.07)]),
        collar(.linen, [Spot(neck, -0.05), Spot(0, 0.02), Spot(0.03, 0.15), Spot(0.22, 0.07)]),
      ]
    case .lapels:
      return [
        torso(neckline: neck, depth: 0.22),
        collar(
          .linen,
          [
            Spot(-neck, -0.05), Spot(neck, -0.05), Spot(neck * 0.7, 0.14), Spot(0, 0.4),
            Spot(-neck * 0.7, 0.14),
          ]),
        collar(
          .trim, [Spot(-0.025, 0.02), Spot(0.025, 0.02), Spot(0.035, 0.4), Spot(-0.035, 0.4)]),
        collar(
          .garment,
          [
            Spot(-neck * 1.05, -0.06), Spot(-neck * 1.5, 0.02), Spot(-0.2, 0.16),
            Spot(-0.02, 0.4), Spot(-neck * 0.62, 0.1),
          ]),
        collar(
          .garment,
          [
            Spot(neck * 1.05, -0.06), Spot(neck * 1.5, 0.02), Spot(0.2, 0.16),
            Spot(0.02, 0.4), Spot(neck * 0.62, 0.1),
          ]),
      ]
    case .scarf:
      return [
        torso(neckline: neck, depth: 0.05),
        PaintedLayer(
          part: .trim,
          shape: .ellipse(center: base + Spot(0, -0.01), radii: Spot(neck * 1.4, 0.062))),
        collar(
          .trim, [Spot(0.02, 0.02), Spot(0.1, 0.02), Spot(0.13, 0.26), Spot(0.04, 0.27)]),
      ]
    case .lowNeck:
      return [
        PaintedLayer(
          part: .neck,
          shape: PaintedShape(spots: [
            base + Spot(-neck * 0.8, -0.04), base + Spot(neck * 0.8, -0.04),
            base + Spot(width * 0.72, 0.06), base + Spot(width * 0.4, 0.3),
            base + Spot(-width * 0.4, 0.3), base + Spot(-width * 0.72, 0.06),
          ])),
        torso(neckline: width * 0.62, depth: 0.17),
        PaintedLayer(
          part: .ornament,
          shape: .line([
            base + Spot(-neck * 0.8, -0.02), base + Spot(0, 0.045), base + Spot(neck * 0.8, -0.02),
          ]), lineWidth: 0.011),
      ]
    case .kimono:
      return [
        torso(neckline: neck * 1.3, depth: 0.1),
        collar(
          .linen,
          [
            Spot(neck * 1.1, -0.07), Spot(neck * 1.35, -0.03), Spot(-0.05, 0.4),
            Spot(-0.12, 0.4),
          ]),
        collar(
          .trim,
          [
            Spot(-neck * 1.1, -0.07), Spot(-neck * 1.6, -0.03), Spot(0.05, 0.42),
            Spot(0.16, 0.42),
          ]),
        collar(
          .trim,
          [
            Spot(neck * 1.25, -0.06), Spot(neck * 1.75, -0.02), Spot(0.06, 0.3),
            Spot(0.02, 0.22),
          ]),
      ]
    case .robe:
      return [
        torso(neckline: neck * 1.2, depth: 0.06),
        collar(
          .trim,
          [
            Spot(-neck * 1.2, -0.05), Spot(-neck * 2.2, 0.05), Spot(0.1, 0.4),
            Spot(0.34, 0.4), Spot(-0.02, 0.16),
          ]),
      ]
    }
  }

  /// Everything of the sitter, back to front.
  var layers: [PaintedLayer] {
    let faceLayers = faceLayers
    return hairBehindLayers + faceLayers.prefix(1) + dressLayers + faceLayers.dropFirst()
      + hairLayers + hatLayers
  }
}
