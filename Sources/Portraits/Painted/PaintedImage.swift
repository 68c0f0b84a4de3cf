import Foundation
import Pictures

/// A square picture of paint, to work on pixel by pixel and dab by dab.
struct PaintedImage {
  /// Pixels along a side.
  let size: Int
  /// The colours, row by row.
  var tints: [Tint]

  init(size: Int, tint: Tint) {
    self.size = size
    tints = Array(repeating: tint, count: size * size)
  }

  /// The colour at a place of the unit square.
  func tint(at spot: Spot) -> Tint { tints[index(of: spot)] }

  /// The position in `tints` of a place of the unit square.
  func index(of spot: Spot) -> Int {
    let column = min(max(Int(spot.x * Double(size)), 0), size - 1)
    let row = min(max(Int(spot.y * Double(size)), 0), size - 1)
    return row * size + column
  }

  /// One touch of a brush: an ellipse with a soft edge.
  struct Dab {
    var center: Spot
    /// Half the length and half the width, in the unit of the picture's side.
    var radii: Spot
    /// The direction of the length.
    var turn: Double
    var tint: Tint
    var opacity: Float = 1
  }

  /// Paints the dabs, one over the other.
  mutating func paint(_ dabs: [Dab]) {
    let size = size
    let side = Float(size)
    tints.withUnsafeMutableBufferPointer { tints in
      for dab in dabs {
        let (x, y) = (Float(dab.center.x) * side, Float(dab.center.y) * side)
        let long = max(Float(dab.radii.x) * side, 0.6)
        let short = max(Float(dab.radii.y) * side, 0.6)
        let (cosine, sine) = (Float(cos(dab.turn)), Float(sin(dab.turn)))
        let reach = max(long, short)
        let (top, bottom) = (max(0, Int(y - reach)), min(size, Int(y + reach) + 2))
        let (left, right) = (max(0, Int(x - reach)), min(size, Int(x + reach) + 2))
        guard top < bottom, left < right else { continue }
        for row in top..<bottom {
          for column in left..<right {
            let (east, south) = (Float(column) + 0.5 - x, Float(row) + 0.5 - y)
            let along = (east * cosine + south * sine) / long
            let across = (south * cosine - east * sine) / short
            let inside = (1 - along * along - across * across) * short
            guard inside > 0 else { continue }
            let share = min(1, inside) * dab.opacity
            let index = row * size + column
            tints[index] = tints[index].mixed(with: dab.tint, share)
          }
        }
      }
    }
  }

  /// The picture reduced to `side` pixels squared, each the mean of the area it covers.
  func picture(side: Int) -> Picture {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size * size * 3)
    for tint in tints {
      let bytes = tint.held * 255 + 0.5
      pixels.append(UInt8(bytes.x))
      pixels.append(UInt8(bytes.y))
      pixels.append(UInt8(bytes.z))
    }
    return Picture(width: size, height: size, pixels: pixels).resized(width: side, height: side)
  }
}
