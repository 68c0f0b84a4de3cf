import Collectives
import Foundation
import Metrics
import Testing

/// Figures of pictures that are known without a computer.
@Suite("Metrics of pictures, in closed form")
struct ImageDistanceTests {
  private let alone = SoloCommunicator()

  private func swd(_ first: any ImageSet, _ second: any ImageSet) throws -> SlicedWasserstein {
    try SlicedWasserstein(
      of: ImageShare(of: first), and: ImageShare(of: second), seed: 7, over: alone)
  }

  private func inverted(_ set: any ImageSet) -> ImagesInMemory {
    ImagesInMemory(
      imageSize: set.imageSize, pixels: set.pixels(of: 0..<set.count).map { 255 - $0 })
  }

  @Test("the sliced Wasserstein distance of equal sets is 0 at all levels")
  func equalSets() throws {
    let waves = WavePictures(count: 3, imageSize: 64)
    let found = try swd(waves, waves)
    #expect(found.levels.map(\.size) == [64, 32, 16])
    #expect(found.levels.allSatisfy { $0.distance == 0 } && found.average == 0)
    #expect(found.imageCount == 3)
  }

  @Test(
    "the sliced Wasserstein distance does not see brightness and contrast, which are normalised")
  func brightnessAndContrast() throws {
    let dark = WavePictures(count: 4, imageSize: 32)
    let pixels = dark.pixels(of: 0..<4).map { $0 / 4 }
    let bright = ImagesInMemory(imageSize: 32, pixels: pixels.map { 2 * $0 + 100 })
    let found = try swd(ImagesInMemory(imageSize: 32, pixels: pixels), bright)
    #expect(found.levels.map(\.size) == [32, 16])
    #expect(found.average < 1e-3)
  }

  @Test("the sliced Wasserstein distance grows with the part of pictures that are others")
  func mixtures() throws {
    let waves = WavePictures(count: 12, imageSize: 32)
    let negatives = inverted(waves)
    let distances = try [0, 3, 6].map { other in
      let mixture = ImagesInMemory(
        imageSize: 32, pixels: negatives.pixels(of: 0..<other) + waves.pixels(of: other..<12))
      return try swd(waves, mixture).average
    }
    #expect(distances[0] == 0)
    #expect(zip(distances, distances.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("a picture is similar to itself by 1, to another by less, in either order alike")
  func similarity() {
    let pixels = WavePictures(count: 2, imageSize: 64).pixels(of: 0..<2)
    let similarity = MultiScaleSSIM(imageSize: 64)
    pixels.withUnsafeBufferPointer { pixels in
      let first = UnsafeBufferPointer(rebasing: pixels[..<12_288])
      let second = UnsafeBufferPointer(rebasing: pixels[12_288...])
      #expect(abs(similarity(first, first) - 1) < 1e-12)
      let other = similarity(first, second)
      #expect(other < 0.9 && abs(similarity(second, first) - other) < 1e-12)
    }
  }

  @Test("two pictures of one colour each are similar by their brightness at the coarsest scale")
  func plainPictures() {
    let (dark, bright) = ([UInt8](repeating: 50, count: 32 * 32 * 3), 150.0)
    let light = [UInt8](repeating: 150, count: 32 * 32 * 3)
    let found = dark.withUnsafeBufferPointer { dark in
      light.withUnsafeBufferPointer { MultiScaleSSIM(imageSize: 32)(dark, $0) }
    }
    let c1 = 2.55 * 2.55
    let luminance = (2 * 50 * bright + c1) / (50 * 50 + bright * bright + c1)
    #expect(abs(found - pow(luminance, 0.1333)) < 1e-9)
  }

  @Test("copies of one picture are similar by 1, and pairs stay within groups of 16")
  func pairs() throws {
    let one = WavePictures(count: 1, imageSize: 32).pixels(of: 0..<1)
    let copies = ImagesInMemory(imageSize: 32, pixels: (0..<19).flatMap { _ in one })
    let found = try PairSimilarity(of: ImageShare(of: copies), over: alone)
    #expect(abs(found.mean - 1) < 1e-12 && found.standardError ?? 1 < 1e-12)
    // 15 + 14 + 13 + 12 pairs of the whole group, three of the last.
    #expect(found.pairCount == 54 + 3 && found.imageCount == 19)
  }

  @Test("random convolutions tell sets apart, and are the same every time")
  func randomConvolutions() throws {
    let waves = WavePictures(count: 40, imageSize: 32)
    let features = try ([waves, inverted(waves), waves] as [any ImageSet]).map { set in
      try FeatureMatrix(of: ImageShare(of: set), by: RandomConvolutions(), over: alone)
    }
    #expect(features[0].columns == 480 && features[0].rows == 40)
    #expect(features[0] == features[2] && features[0] != features[1])
    let moments = features.map { FeatureMoments(of: $0) }
    #expect(
      moments[0].frechetDistance(to: moments[1])
        > 100 * abs(moments[0].frechetDistance(to: moments[2])))
  }
}
