import Foundation

/// The sitter as a sculpture: a head with brow, nose, cheeks and lips, a neck, a body, hair and a
/// hat, for light to fall on.
struct PaintedRelief {
  /// A rounded rise (or hollow) of the face, in head coordinates.
  private struct Bump {
    var across: Float
    var down: Float
    var breadth: Float
    var length: Float
    var height: Float
  }

  private let sitter: PaintedSitter
  private let bumps: [Bump]
  private let light: SIMD3<Float>

  init(of sitter: PaintedSitter) {
    self.sitter = sitter
    let side = Float(sitter.lightSide)
    light = Self.unit(SIMD3(0.72 * side, -0.5, 0.62))
    func bump(
      _ across: Double, _ down: Double, _ breadth: Float, _ length: Float, _ height: Float
    ) -> Bump {
      Bump(
        across: Float(sitter.turned(across)), down: Float(down), breadth: breadth, length: length,
        height: height)
    }
    let base = 0.36 * sitter.noseLength
    let tip = Float(min(max(sitter.turned(0) * 1.22, -0.9), 0.9))
    let age = Float(sitter.age)
    bumps = [
      bump(0, 0.02, 0.1, 0.26, 0.1),
      Bump(across: tip, down: Float(base) - 0.09, breadth: 0.13, length: 0.11, height: 0.2),
      bump(-0.42, 0.0, 0.2, 0.1, -0.065), bump(0.42, 0.0, 0.2, 0.1, -0.065),
      bump(0, -0.2, 0.55, 0.1, 0.06),
      bump(-0.5, 0.3, 0.24, 0.17, 0.07), bump(0.5, 0.3, 0.24, 0.17, 0.07),
      bump(-0.5, 0.58, 0.17, 0.16, -0.05 * (0.5 + age)),
      bump(0.5, 0.58, 0.17, 0.16, -0.05 * (0.5 + age)),
      bump(0, 0.6, 0.26, 0.11, 0.08), bump(0, 0.74, 0.2, 0.05, -0.05),
      bump(0, 0.9, 0.2, 0.11, 0.1),
    ]
  }

  /// Returns the cosine between surface and light at every pixel of a picture of `parts`.
  func facing(parts: [PaintedPart], size: Int) -> [Float] {
    var facing = [Float](repeating: 0.6, count: size * size)
    let (cosine, sine) = (Float(cos(sitter.tilt)), Float(sin(sitter.tilt)))
    let center = SIMD2<Float>(Float(sitter.headCenter.x), Float(sitter.headCenter.y))
    let radii = SIMD2<Float>(Float(sitter.headRadii.x), Float(sitter.headRadii.y))
    let base = SIMD2<Float>(Float(sitter.neckBase.x), Float(sitter.neckBase.y))
    for row in 0..<size {
      for column in 0..<size {
        let index = row * size + column
        let part = parts[index]
        guard part != .ground else { continue }
        let place = (SIMD2(Float(column), Float(row)) + 0.5) / Float(size)
        let offset = place - center
        let head =
          SIMD2(offset.x * cosine + offset.y * sine, offset.y * cosine - offset.x * sine) / radii
        switch part {
        case .garment, .trim, .linen:
          facing[index] = bodyFacing((place - base) / SIMD2(0.46, 0.5), isPlain: part != .garment)
        case .neck:
          facing[index] = neckFacing((place.x - base.x) / (radii.x * 0.8), head: head)
        case .hair, .hairBehind, .beard:
          facing[index] = hairFacing(head, isBehind: part == .hairBehind)
        case .hat: facing[index] = hatFacing(head)
        default: facing[index] = headFacing(head)
        }
      }
    }
    return facing
  }

  private static func unit(_ vector: SIMD3<Float>) -> SIMD3<Float> {
    vector / (vector * vector).sum().squareRoot()
  }

  private func shade(_ normal: SIMD3<Float>) -> Float { (Self.unit(normal) * light).sum() }

  private func headFacing(_ head: SIMD2<Float>) -> Float {
    let inside = min((head * head).sum(), 0.97)
    var normal = SIMD3(head.x, head.y * 0.8, (1 - inside).squareRoot())
    var shadow: Float = 0
    for bump in bumps {
      let right = (head.x - bump.across) / bump.breadth
      let down = (head.y - bump.down) / bump.length
      let distance = right * right + down * down
      guard distance < 7 else { continue }
      let rise = bump.height * exp(-distance)
      normal.x += 2 * rise * right / bump.breadth
      normal.y += 2 * rise * down / bump.length
    }
    // The nose throws a shadow on the cheek away from the light, a hat one on the forehead.
    let nose = bumps[1]
    let away = (head.x - nose.across + light.x * 0.24) / 0.15
    let below = (head.y - nose.down - 0.07) / 0.16
    shadow += 0.4 * exp(-away * away - below * below)
    if sitter.hat != .none && sitter.hat != .veil && sitter.hat != .bonnet {
      shadow += 0.45 * smoothStep(-0.25, -0.62, head.y)
    }
    return shade(normal) - shadow
  }

  private func neckFacing(_ across: Float, head: SIMD2<Float>) -> Float {
    let bounded = min(max(across, -1), 1)
    let normal = SIMD3(bounded, -0.1, (1.05 - bounded * bounded).squareRoot())
    let chin = smoothStep(1.5, 0.95, head.y + 0.18 * head.x * Float(sitter.lightSide))
    return shade(normal) - 0.75 * chin
  }

  private func bodyFacing(_ place: SIMD2<Float>, isPlain: Bool) -> Float {
    let across = min(max(place.x, -0.95), 0.95)
    var normal = SIMD3(across, -0.25, (1 - across * across).squareRoot())
    if !isPlain {
      let folds = sin(place.x * 17 + sin(place.y * 6 + Float(sitter.age) * 6) * 1.4)
      normal.x += 0.22 * folds * smoothStep(0, 0.35, place.y + abs(place.x) * 0.3)
    }
    let chin = smoothStep(0.16, -0.05, place.y) * smoothStep(0.5, 0.1, abs(place.x))
    return shade(normal) - 0.3 * chin
  }

  private func hairFacing(_ head: SIMD2<Float>, isBehind: Bool) -> Float {
    let scaled = head / 1.3
    let inside = min((scaled * scaled).sum(), 0.97)
    var normal = SIMD3(scaled.x, scaled.y, (1 - inside).squareRoot())
    let curly = sitter.hair == .curls || sitter.hair == .wig
    if curly {
      normal.x += 0.5 * sin(head.x * 14) * cos(head.y * 9)
      normal.y += 0.5 * sin(head.y * 13 + head.x * 3)
    } else {
      let strand = head.y < 0 ? atan2(head.x, 0.35 - head.y) * 16 : head.x * 15 + head.y * 2
      normal.x += 0.3 * sin(strand)
    }
    return shade(normal) - (isBehind ? 0.3 * smoothStep(1.15, 0.7, abs(head.x)) : 0)
  }

  private func hatFacing(_ head: SIMD2<Float>) -> Float {
    let place = SIMD2(head.x / 1.5, (head.y + 0.75) / 0.85)
    let inside = min((place * place).sum(), 0.97)
    var normal = SIMD3(place.x, place.y, (1 - inside).squareRoot())
    switch sitter.hat {
    case .turban: normal.y += 0.5 * sin(head.y * 15 - head.x * 7)
    case .veil, .bonnet: normal.x += 0.35 * sin(head.x * 11 + head.y * 3)
    default: break
    }
    return shade(normal)
  }
}
