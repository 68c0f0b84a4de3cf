extension PaintedSitter {
  /// The hat, in front of everything else.
  var hatLayers: [PaintedLayer] {
    func layer(_ part: PaintedPart, _ spots: [(Double, Double)]) -> PaintedLayer {
      PaintedLayer(part: part, shape: PaintedShape(spots: spots.map { spot($0.0, $0.1) }))
    }
    // Feathers and the slack of a beret hang on the side that the face turns away from.
    let side = turn >= 0 ? -1.0 : 1
    switch hat {
    case .none: return []
    case .beret:
      return [
        layer(
          .hat,
          [
            (-0.98, -0.55), (-1.1, -0.85), (-0.2, -1.3), (0.6, -1.32), (1.42, -0.98),
            (1.45, -0.68), (1, -0.5), (0, -0.66),
          ].map { (side * $0.0, $0.1) })
      ]
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
}
