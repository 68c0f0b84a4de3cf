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

  /// The hat, in front of everything else.
  var hatLayers: [PaintedLayer] {
    func layer(_ part: PaintedPart, _ spots: [(Double, Double)]) -> PaintedLayer {
      PaintedLayer(part: part, shape: PaintedShape(spots: spots.map { spot($0.0, $0.1) }))
    }
    let side = turn >= 0 ? -1.0 : 1
    switch hat {
    case .none: return []
    case .beret:
      return [
        layer(
          .hat,
          [
            (-0.98, -0.55), (-1.1, -0.85), (side * -0.2, -1.3), (side * 0.6, -1.32),
            (side * 1.42, -0.98), (side * 1.45, -0.68), (side * 1, -0.5), (0, -0.66),
          ])
      ].map { layer in
        // The spots run from the left edge to the hanging side, so mirror them with it.
        side > 0
          ? layer
          : PaintedLayer(
            part: .hat,
            shape: PaintedShape(
              spots: [
                (0.98, -0.55), (1.1, -0.85), (0.2, -1.3), (-0.6, -1.32), (-1.42, -0.98),
                (-1.45, -0.68), (-1, -0.5), (0, -0.66),
              ].map { spot($0.0, $0.1) }))
      }
    case .tricorne:
      return [
        layer(.hat, [(-0.8, -0.7), (-0.62, -1.3), (0, -1.44), (0.62, -1.3), (0.8, -0.7)]),
        layer(
          .hat,
          [
            (-1.62, -1.0), (-0.9, -0.98), (0, -1.16), (0.9, -0.98), (1.62, -1.0), (0.9, -0.56),
            (side * -0.2, -0.54), (-0.9, -0.56),
          ]),
        PaintedLayer(
          part: .ornament,
          shape: .line(
            [(-1.58, -1.0), (-0.9, -0.97), (0, -1.15), (0.9, -0.97), (1.58, -1.0)].map {
              spot($0.0, $0.1)
            }), lineWidth: 0.012),
      ]
    case .bonnet:
      return [
        layer(
          .hat,
          [
            (-1.02, 0.4), (-1.3, 0), (-1.22, -0.6), (-0.8, -1.15), (0, -1.32), (0.8, -1.15),
            (1.22, -0.6), (1.3, 0), (1.02, 0.4), (0.95, -0.2), (0.62, -0.62), (0, -0.74),
            (-0.62, -0.62), (-0.95, -0.2),
          ])
      ]
    case .turban:
      return [
        layer(
          .hat,
          [
            (-1.08, -0.3), (-1.28, -0.75), (-0.9, -1.25), (0, -1.44), (0.9, -1.25), (1.28, -0.75),
            (1.08, -0.3), (0.5, -0.56), (0, -0.62), (-0.5, -0.56),
          ]),
        PaintedLayer(
          part: .trim,
          shape: .line([spot(-1.1, -0.5), spot(-0.1, -0.95), spot(0.9, -1.2)]), lineWidth: 0.03),
        PaintedLayer(
          part: .ornament,
          shape: .ellipse(
            center: feature(0, -0.78), radii: Spot(repeating: headRadii.x * 0.13))),
      ]
    case .brimmed:
      return [
        layer(.hat, [(-0.78, -0.62), (-0.7, -1.3), (0, -1.42), (0.7, -1.3), (0.78, -0.62)]),
        PaintedLayer(
          part: .trim, shape: .line([spot(-0.8, -0.76), spot(0, -0.7), spot(0.8, -0.76)]),
          lineWidth: 0.035),
        layer(
          .hat,
          [
            (-1.75, -0.62), (-0.8, -0.74), (0, -0.7), (0.8, -0.74), (1.75, -0.62), (0.9, -0.44),
            (0, -0.42), (-0.9, -0.44),
          ]),
        layer(
          .ornament,
          [(side * 0.6, -0.78), (side * 1.1, -1.2), (side * 1.5, -1.12), (side * 1.2, -0.86)]),
      ]
    case .cap:
      return [
        layer(
          .hat,
          [
            (-1.05, -0.42), (-1.16, -0.8), (-0.75, -1.22), (0, -1.32), (0.75, -1.22),
            (1.16, -0.8), (1.05, -0.42), (0.5, -0.58), (0, -0.62), (-0.5, -0.58),
          ]),
        PaintedLayer(
          part: .trim,
          shape: .line([
            spot(-1.06, -0.5), spot(-0.5, -0.64), spot(0, -0.68), spot(0.5, -0.64),
            spot(1.06, -0.5),
          ]), lineWidth: 0.03),
      ]
    case .veil:
      let base = neckBase
      return [
        PaintedLayer(
          part: .hat,
          shape: PaintedShape(spots: [
            spot(0, -1.26), spot(0.8, -1.08), spot(1.22, -0.4), spot(1.25, 0.4),
            Spot(base.x + 0.3, base.y + 0.06), Spot(base.x + 0.42, 1.1), Spot(base.x + 0.1, 1.1),
            Spot(base.x + 0.02, base.y + 0.08), spot(0.86, 0.7), spot(0.96, 0), spot(0.72, -0.56),
            spot(0, -0.76), spot(-0.72, -0.56), spot(-0.96, 0), spot(-0.86, 0.7),
            Spot(base.x - 0.02, base.y + 0.08), Spot(base.x - 0.1, 1.1),
            Spot(base.x - 0.42, 1.1), Spot(base.x - 0.3, base.y + 0.06), spot(-1.25, 0.4),
            spot(-1.22, -0.4), spot(-0.8, -1.08),
          ])),
        PaintedLayer(
          part: .ornament,
          shape: .line([
            spot(-0.86, 0.7), spot(-0.96, 0), spot(-0.72, -0.56), spot(0, -0.76),
            spot(0.72, -0.56), spot(0.96, 0), spot(0.86, 0.7),
          ]), lineWidth: 0.012),
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
