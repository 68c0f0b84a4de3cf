import Foundation

/// A colour of paint: red, green and blue in 0...1, in sRGB values.
typealias Tint = SIMD3<Float>

extension SIMD3<Float> {
  /// The colour written `0xRRGGBB`.
  init(hex: UInt32) {
    self.init(Float(hex >> 16 & 255), Float(hex >> 8 & 255), Float(hex & 255))
    self /= 255
  }

  /// The colour of `hue` (in turns), `saturation` and `value`.
  init(hue: Double, saturation: Double, value: Double) {
    let sector = (hue - hue.rounded(.down)) * 6
    func component(_ offset: Double) -> Float {
      let place = (offset + sector).truncatingRemainder(dividingBy: 6)
      return Float(value - value * saturation * Swift.max(0, Swift.min(place, 4 - place, 1)))
    }
    self.init(component(5), component(3), component(1))
  }

  /// The brightness that an eye sees.
  var luminance: Float { 0.299 * x + 0.587 * y + 0.114 * z }

  /// The colour `share` of the way to `other`.
  func mixed(with other: Tint, _ share: Float) -> Tint { self + (other - self) * share }

  /// The colour with every component held in 0...1.
  var held: Tint { clamped(lowerBound: Tint(repeating: 0), upperBound: Tint(repeating: 1)) }

  /// The colour with its distance from grey multiplied by `factor`.
  func saturated(_ factor: Float) -> Tint {
    let grey = Tint(repeating: luminance)
    return (grey + (self - grey) * factor).held
  }
}

/// Rises smoothly from 0 at `low` to 1 at `high`.
func smoothStep(_ low: Float, _ high: Float, _ value: Float) -> Float {
  let share = min(max((value - low) / (high - low), 0), 1)
  return share * share * (3 - 2 * share)
}

/// Smooth noise over the picture, in 0...1: what keeps a ground from being flat.
struct PaintedNoise {
  private let side: Int
  private let lattice: [Float]

  /// Creates noise with `cells` hills and valleys across the picture.
  init(cells: Int, dice: inout PaintedDice) {
    side = cells + 2
    var values: [Float] = []
    for _ in 0..<(side * side) { values.append(Float(dice.number(in: 0...1))) }
    lattice = values
  }

  /// The noise at a place of the unit square.
  func callAsFunction(_ x: Float, _ y: Float) -> Float {
    let across = min(max(x, 0), 0.999) * Float(side - 2)
    let down = min(max(y, 0), 0.999) * Float(side - 2)
    let (column, row) = (Int(across), Int(down))
    let horizontal = smoothStep(0, 1, across - Float(column))
    let vertical = smoothStep(0, 1, down - Float(row))
    let at = row * side + column
    let top = lattice[at] + (lattice[at + 1] - lattice[at]) * horizontal
    let bottom = lattice[at + side] + (lattice[at + side + 1] - lattice[at + side]) * horizontal
    return top + (bottom - top) * vertical
  }
}
