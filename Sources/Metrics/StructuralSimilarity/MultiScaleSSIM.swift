import Foundation

/// The multi-scale structural similarity of two images (Wang, Simoncelli & Bovik, 2003), with the
/// constants and the treatment of small scales that PGGAN measures variety with.
///
/// 1 for equal images. The window is a Gaussian of 11 pixels and deviation 1.5, and shrinks with
/// its deviation to images that are smaller; only places where it fits are counted.
public struct MultiScaleSSIM: Sendable {
  /// The exponents of the scales, the finest first.
  static let weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333]
  private static let (c1, c2) = ((0.01 * 255) * (0.01 * 255), (0.03 * 255) * (0.03 * 255))

  private let imageSize: Int
  private let windows: [[Double]]

  /// Prepares for images of `imageSize` pixels squared, a multiple of 16.
  public init(imageSize: Int) {
    precondition(
      imageSize > 0 && imageSize.isMultiple(of: 16),
      "\(imageSize) pixels cannot be halved four times")
    self.imageSize = imageSize
    windows = Self.weights.indices.map { Self.window(fitting: imageSize >> $0) }
  }

  /// Returns the similarity of two images, each `[imageSize, imageSize, 3]`.
  public func callAsFunction(
    _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
  ) -> Double {
    var (first, second) = (first.map { Double($0) }, second.map { Double($0) })
    var size = imageSize
    var product = 1.0
    for (scale, weight) in Self.weights.enumerated() {
      let isLast = scale == Self.weights.count - 1
      let means = Self.means(of: first, and: second, size: size, window: windows[scale])
      // Contrasts that are opposed count as none at all.
      product *= pow(max(0, isLast ? means.similarity : means.contrast), weight)
      if !isLast {
        (first, second) = (Self.halved(first, size: size), Self.halved(second, size: size))
        size /= 2
      }
    }
    return product
  }

  /// A Gaussian of at most 11 numbers that add up to 1; the window is its product with itself.
  private static func window(fitting size: Int) -> [Double] {
    let length = min(11, size)
    let deviation = 1.5 * Double(length) / 11
    let values = (0..<length).map { place in
      let distance = Double(place) - Double(length - 1) / 2
      return exp(-distance * distance / (2 * deviation * deviation))
    }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  /// Returns the means, over all places and channels, of the similarity of luminance, contrast and
  /// structure, and of that of contrast and structure alone.
  private static func means(
    of first: [Double], and second: [Double], size: Int, window: [Double]
  ) -> (similarity: Double, contrast: Double) {
    let blur = WindowSum(window: window, size: size)
    let mean1 = blur(first)
    let mean2 = blur(second)
    let square1 = blur(product(first, first))
    let square2 = blur(product(second, second))
    let mixed = blur(product(first, second))
    var (similarity, contrast) = (0.0, 0.0)
    for index in mean1.indices {
      let (m11, m22) = (mean1[index] * mean1[index], mean2[index] * mean2[index])
      let m12 = mean1[index] * mean2[index]
      let ratio =
        (2 * (mixed[index] - m12) + c2) / (square1[index] - m11 + square2[index] - m22 + c2)
      contrast += ratio
      similarity += ratio * (2 * m12 + c1) / (m11 + m22 + c1)
    }
    return (similarity / Double(mean1.count), contrast / Double(mean1.count))
  }

  private static func product(_ first: [Double], _ second: [Double]) -> [Double] {
    var product = first
    for index in product.indices { product[index] *= second[index] }
    return product
  }

  /// Returns the means of disjoint windows of two by two pixels.
  private static func halved(_ picture: [Double], size: Int) -> [Double] {
    let half = size / 2
    var result = [Double](repeating: 0, count: half * half * 3)
    for y in 0..<half {
      for x in 0..<half {
        let (top, out) = ((2 * y * size + 2 * x) * 3, (y * half + x) * 3)
        let bottom = top + size * 3
        for channel in 0..<3 {
          let sum =
            picture[top + channel] + picture[top + 3 + channel] + picture[bottom + channel]
            + picture[bottom + 3 + channel]
          result[out + channel] = sum / 4
        }
      }
    }
    return result
  }
}

/// Weighted sums of the pixels under a window, at every place where the window fits.
private struct WindowSum {
  let window: [Double]
  /// The side of the picture, in pixels.
  let size: Int

  func callAsFunction(_ picture: [Double]) -> [Double] {
    let places = size - window.count + 1
    let (width, narrow) = (size * 3, places * 3)
    var rows = [Double](repeating: 0, count: places * width)
    var result = [Double](repeating: 0, count: places * narrow)
    rows.withUnsafeMutableBufferPointer { rows in
      result.withUnsafeMutableBufferPointer { result in
        picture.withUnsafeBufferPointer { picture in
          guard let rows = rows.baseAddress, let result = result.baseAddress,
            let picture = picture.baseAddress
          else { return }
          for y in 0..<places {
            for (offset, weight) in window.enumerated() {
              Self.add(picture + (y + offset) * width, weight, to: rows + y * width, count: width)
            }
            for (offset, weight) in window.enumerated() {
              Self.add(
                rows + y * width + offset * 3, weight, to: result + y * narrow, count: narrow)
            }
          }
        }
      }
    }
    return result
  }

  @inline(__always)
  private static func add(
    _ values: UnsafePointer<Double>, _ weight: Double, to sums: UnsafeMutablePointer<Double>,
    count: Int
  ) {
    for index in 0..<count { sums[index] += weight * values[index] }
  }
}
