import Foundation

/// A place on the picture: the unit square, `y` downwards.
typealias Spot = SIMD2<Double>

/// An outline through a few places.
struct PaintedShape {
  var spots: [Spot]
  /// Whether the last place is joined to the first.
  var isClosed = true
  /// Whether the outline bends smoothly through its places or has corners there.
  var isSmooth = true

  static func ellipse(center: Spot, radii: Spot, turn: Double = 0) -> PaintedShape {
    PaintedShape(
      spots: (0..<12).map { step in
        let angle = Double(step) * .pi / 6
        let (x, y) = (radii.x * cos(angle), radii.y * sin(angle))
        return center + Spot(x * cos(turn) - y * sin(turn), x * sin(turn) + y * cos(turn))
      })
  }

  static func line(_ spots: [Spot]) -> PaintedShape {
    PaintedShape(spots: spots, isClosed: false)
  }

  static func polygon(_ spots: [Spot]) -> PaintedShape {
    PaintedShape(spots: spots, isSmooth: false)
  }

  /// The mean of the places.
  var center: Spot { spots.reduce(Spot(0, 0), +) / Double(max(spots.count, 1)) }
}

/// What a part of the picture shows; painters choose their colours by it.
enum PaintedPart: UInt8, CaseIterable {
  case ground, hairBehind, garment, trim, linen, neck, ear, face, lip, eyeWhite, iris, pupil
  case crease, brow, beard, hair, hat, ornament

  var isSkin: Bool { self == .face || self == .neck || self == .ear }
  var isHair: Bool { self == .hair || self == .hairBehind || self == .beard || self == .brow }
}

/// One part of a sitter: a filled shape, or a line of some width.
struct PaintedLayer {
  var part: PaintedPart
  var shape: PaintedShape
  /// The width of a line, or `nil` for a filled shape.
  var lineWidth: Double?
}
