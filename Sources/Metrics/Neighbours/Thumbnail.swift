import Tensors

/// A picture averaged down to 16 × 16 pixels, by which portraits are compared at a glance: layout
/// and colours without texture.
public struct Thumbnail: Sendable, Equatable {
  /// The width and the height, in pixels.
  public static let side = 16
  private static let scalarCount = side * side * 3
  private static let lanes = 16

  /// Red, green and blue of every pixel, from 0 to 255, `[side, side, 3]`.
  public let scalars: [Float]

  /// Averages a picture down.
  /// - Parameters:
  ///   - pixels: its bytes, `[size, size, 3]`.
  ///   - size: its width and height, a multiple of ``side``.
  public init(of pixels: UnsafeBufferPointer<UInt8>, size: Int) {
    precondition(
      size > 0 && size.isMultiple(of: Self.side) && pixels.count == size * size * 3,
      "\(pixels.count) bytes of a picture of \(size) pixels squared")
    let block = size / Self.side
    var sums = [Int](repeating: 0, count: Self.scalarCount)
    for y in 0..<size {
      for x in 0..<size {
        let target = (y / block * Self.side + x / block) * 3
        for channel in 0..<3 {
          sums[target + channel] += Int(pixels[(y * size + x) * 3 + channel])
        }
      }
    }
    scalars = sums.map { Float($0) / Float(block * block) }
  }

  private init(scalars: [Float]) {
    self.scalars = scalars
  }

  /// The thumbnail of the picture mirrored left to right.
  public var mirrored: Thumbnail {
    var scalars = self.scalars
    for y in 0..<Self.side {
      for x in 0..<Self.side {
        for channel in 0..<3 {
          scalars[(y * Self.side + x) * 3 + channel] =
            self.scalars[(y * Self.side + Self.side - 1 - x) * 3 + channel]
        }
      }
    }
    return Thumbnail(scalars: scalars)
  }

  /// Returns the root of the mean squared difference to another thumbnail, from 0 to 255.
  public func distance(to other: Thumbnail) -> Float {
    let sum = scalars.withUnsafeBytes { own in
      other.scalars.withUnsafeBytes { others in
        var sum = SIMD16<Float>.zero
        for start in stride(from: 0, to: own.count, by: Self.lanes * MemoryLayout<Float>.stride) {
          let difference =
            own.loadUnaligned(fromByteOffset: start, as: SIMD16<Float>.self)
            - others.loadUnaligned(fromByteOffset: start, as: SIMD16<Float>.self)
          sum += difference * difference
        }
        return sum.sum()
      }
    }
    return (sum / Float(Self.scalarCount)).squareRoot()
  }
}
