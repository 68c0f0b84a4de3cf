import Foundation

/// One variation of a square image about its centre.
public struct ImageVariation: Hashable, Sendable {
  /// Whether the image is mirrored left to right, before it is rotated and scaled.
  public let isMirrored: Bool
  /// The counterclockwise rotation in degrees.
  public let rotation: Double
  /// The magnification; more than 1 enlarges.
  public let zoom: Double

  /// The image as it is.
  public static let identity = ImageVariation(isMirrored: false, rotation: 0, zoom: 1)

  /// Creates a variation; `zoom` is more than 0.
  public init(isMirrored: Bool, rotation: Double, zoom: Double) {
    precondition(zoom > 0, "A zoom is more than 0.")
    self.isMirrored = isMirrored
    self.rotation = rotation
    self.zoom = zoom
  }

  /// Writes the varied image to `output`, mapped to `range`.
  ///
  /// Without rotation and zoom every pixel is an exact copy. Otherwise every output pixel is
  /// looked up in the image, once, by bilinear interpolation; beyond its edges the image goes
  /// on reflected, so that no blank corners appear.
  ///
  /// - Parameters:
  ///   - image: `[size, size, 3]` bytes.
  ///   - size: The width and the height.
  ///   - output: Room for `[size, size, 3]` numbers.
  public func apply(
    to image: UnsafeBufferPointer<UInt8>, size: Int, range: PixelRange,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(image.count == size * size * 3 && output.count == image.count)
    if rotation == 0 && zoom == 1 {
      copy(image, size: size, range: range, into: output)
    } else {
      resample(image, size: size, range: range, into: output)
    }
  }

  private func copy(
    _ image: UnsafeBufferPointer<UInt8>, size: Int, range: PixelRange,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    for y in 0..<size {
      for x in 0..<size {
        let source = (y * size + (isMirrored ? size - 1 - x : x)) * 3
        let target = (y * size + x) * 3
        for channel in 0..<3 {
          output[target + channel] = range.value(of: Float(image[source + channel]))
        }
      }
    }
  }

  private func resample(
    _ image: UnsafeBufferPointer<UInt8>, size: Int, range: PixelRange,
    into output: UnsafeMutableBufferPointer<Float>
  ) {
    // The inverse map: an output pixel's offset from the centre, turned back and shrunk. Rows
    // run downwards, which makes a counterclockwise turn's inverse (cos, -sin; sin, cos).
    let centre = Double(size - 1) / 2
    let angle = rotation * .pi / 180
    let cosine = cos(angle) / zoom
    let sine = sin(angle) / zoom
    for y in 0..<size {
      let down = Double(y) - centre
      for x in 0..<size {
        let right = Double(x) - centre
        let sourceX = centre + (isMirrored ? -1 : 1) * (cosine * right - sine * down)
        let sourceY = centre + sine * right + cosine * down
        let floorX = sourceX.rounded(.down)
        let floorY = sourceY.rounded(.down)
        let left = Self.reflect(Int(floorX), size: size) * 3
        let leftNext = Self.reflect(Int(floorX) + 1, size: size) * 3
        let top = Self.reflect(Int(floorY), size: size) * size * 3
        let bottom = Self.reflect(Int(floorY) + 1, size: size) * size * 3
        let rightWeight = Float(sourceX - floorX)
        let bottomWeight = Float(sourceY - floorY)
        let target = (y * size + x) * 3
        for channel in 0..<3 {
          let upper = Self.blend(
            image[top + left + channel], image[top + leftNext + channel], rightWeight)
          let lower = Self.blend(
            image[bottom + left + channel], image[bottom + leftNext + channel], rightWeight)
          output[target + channel] = range.value(of: upper + (lower - upper) * bottomWeight)
        }
      }
    }
  }

  private static func blend(_ first: UInt8, _ second: UInt8, _ weight: Float) -> Float {
    Float(first) + (Float(second) - Float(first)) * weight
  }

  /// Returns the pixel that `index` falls on when the image is mirrored at each edge.
  private static func reflect(_ index: Int, size: Int) -> Int {
    if index >= 0 && index < size { return index }
    let period = 2 * size
    let folded = (index % period + period) % period
    return folded < size ? folded : period - 1 - folded
  }
}
