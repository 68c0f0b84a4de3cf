import Foundation
import Portraits
import Testing

@Suite("Augmentation")
struct AugmentationTests {
  private let size = 9
  private let image = patternedPortraits(count: 1, size: 9).withPixels(of: 0) { Array($0) }

  private func varied(
    _ variation: ImageVariation, range: PixelRange = .zeroToOne
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: image.count) { output, count in
      image.withUnsafeBufferPointer {
        variation.apply(
          to: $0, size: size, range: range,
          into: UnsafeMutableBufferPointer(rebasing: output[..<$0.count]))
      }
      count = image.count
    }
  }

  /// The pixels at the places that `source` gives for each (row, column), in 0 … 1.
  private func rearranged(_ source: (Int, Int) -> (row: Int, column: Int)) -> [Float] {
    (0..<size * size).flatMap { place in
      let (row, column) = source(place / size, place % size)
      return (0..<3).map { Float(image[(row * size + column) * 3 + $0]) / 255 }
    }
  }

  @Test("the identity is an exact copy in either range")
  func identity() {
    #expect(varied(.identity) == image.map { Float($0) / 255 })
    #expect(varied(.identity, range: .minusOneToOne) == image.map { Float($0) / 127.5 - 1 })
  }

  @Test("a flip is an exact mirror")
  func mirror() {
    let mirrored = varied(ImageVariation(isMirrored: true, rotation: 0, zoom: 1))
    #expect(mirrored == rearranged { (row: $0, column: size - 1 - $1) })
  }

  @Test("quarter turns move pixels counterclockwise")
  func quarterTurns() {
    let quarter = varied(ImageVariation(isMirrored: false, rotation: 90, zoom: 1))
    let half = varied(ImageVariation(isMirrored: false, rotation: -180, zoom: 1))
    let expectedQuarter = rearranged { (row: $1, column: size - 1 - $0) }
    let expectedHalf = rearranged { (row: size - 1 - $0, column: size - 1 - $1) }
    #expect(zip(quarter, expectedQuarter).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(zip(half, expectedHalf).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("a flip comes before the rotation")
  func mirroredTurn() {
    let turned = varied(ImageVariation(isMirrored: true, rotation: 90, zoom: 1))
    let expected = rearranged { (row: $1, column: $0) }
    #expect(zip(turned, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("any rotation and zoom agrees with a sum of tents over the reflected plane")
  func resampling() {
    for (isMirrored, rotation, zoom) in [
      (false, 12.5, 1.0), (false, 0.0, 1.3), (true, -33.0, 0.7), (false, 135.0, 0.4),
    ] {
      let variation = ImageVariation(isMirrored: isMirrored, rotation: rotation, zoom: zoom)
      let actual = varied(variation)
      for (index, expected) in reference(variation).enumerated() {
        #expect(abs(Double(actual[index]) - expected) < 1e-5)
      }
    }
  }

  /// The variation computed from its definition: turn every output place back, shrink it, mirror
  /// it, and weigh the pixels of a plane tiled with reflections by their distance.
  private func reference(_ variation: ImageVariation) -> [Double] {
    let tiles = (-2...2).flatMap { tile in
      tile.isMultiple(of: 2) ? Array(0..<size) : (0..<size).reversed()
    }
    let centre = Double(size - 1) / 2
    let angle = -variation.rotation * .pi / 180
    var output: [Double] = []
    for row in 0..<size {
      for column in 0..<size {
        // Mathematical axes: x to the right, y upwards.
        let (x, y) = (Double(column) - centre, centre - Double(row))
        var sourceX = (x * cos(angle) - y * sin(angle)) / variation.zoom
        let sourceY = (x * sin(angle) + y * cos(angle)) / variation.zoom
        if variation.isMirrored { sourceX = -sourceX }
        var sums = [0.0, 0.0, 0.0]
        for (i, imageRow) in tiles.enumerated() {
          let rowWeight = max(0, 1 - abs(centre - sourceY - Double(i - 2 * size)))
          guard rowWeight > 0 else { continue }
          for (j, imageColumn) in tiles.enumerated() {
            let weight = rowWeight * max(0, 1 - abs(centre + sourceX - Double(j - 2 * size)))
            for channel in 0..<3 {
              sums[channel] += weight * Double(image[(imageRow * size + imageColumn) * 3 + channel])
            }
          }
        }
        output += sums.map { $0 / 255 }
      }
    }
    return output
  }

  @Test("strengths of 0 leave every sample alone")
  func noStrength() {
    for position in 0..<1000 {
      #expect(Augmentation.none.variation(seed: 3, position: UInt64(position)) == .identity)
    }
  }

  @Test("variations stay within their strengths and reach for all of them")
  func strengths() {
    let augmentation = Augmentation(flip: true, rotation: 20, scaling: 0.25)
    let variations = (0..<4000).map { augmentation.variation(seed: 3, position: $0) }
    let flips = variations.count(where: \.isMirrored)
    #expect((1850...2150).contains(flips))
    let angles = variations.map(\.rotation)
    let zooms = variations.map(\.zoom)
    #expect(angles.allSatisfy { abs($0) <= 20 })
    #expect(zooms.allSatisfy { abs($0 - 1) <= 0.25 })
    #expect(abs(angles.reduce(0, +) / 4000) < 0.8)
    #expect(abs(zooms.reduce(0, +) / 4000 - 1) < 0.01)
    #expect((angles.max() ?? 0) > 19.9 && (angles.min() ?? 0) < -19.9)
    #expect((zooms.max() ?? 0) > 1.249 && (zooms.min() ?? 2) < 0.751)
  }

  @Test("a strength does not change what the others do")
  func independence() {
    let all = Augmentation(flip: true, rotation: 20, scaling: 0.25)
    let flips = Augmentation(flip: true, rotation: 0, scaling: 0)
    let turns = Augmentation(flip: false, rotation: 20, scaling: 0)
    for position: UInt64 in 0..<100 {
      let variation = all.variation(seed: 8, position: position)
      #expect(flips.variation(seed: 8, position: position).isMirrored == variation.isMirrored)
      #expect(turns.variation(seed: 8, position: position).rotation == variation.rotation)
    }
    #expect(all.variation(seed: 8, position: 1) != all.variation(seed: 9, position: 1))
    #expect(all.variation(seed: 8, position: 1) != all.variation(seed: 8, position: 2))
  }
}
