import Collectives
import CollectivesSupport
import Metrics
import Portraits
import Testing

@Suite("The search for the nearest portraits")
struct NearestPortraitsTests {
  private static let size = 32
  private static let bytes = size * size * 3

  /// Pictures that follow from their number; some are twins of others.
  private func pixels(count: Int, offset: Int) -> [UInt8] {
    (0..<count).flatMap { picture in
      (0..<Self.bytes).map { place -> UInt8 in
        let (row, kind) = (place / 96 + 1, picture % 17 + offset)
        let noise = (kind &* row &* 2_654_435_761 >> 7) & 127
        return UInt8(noise + place % 3 * 20 + place / 3 % 32)
      }
    }
  }

  private func source(_ pixels: [UInt8]) -> InMemoryPortraits {
    InMemoryPortraits(
      imageSize: Self.size, pixels: pixels,
      imageLabels: Array(repeating: 0, count: pixels.count / Self.bytes), labels: ["all"])
  }

  /// The distance by its definition, in float64 and pixel by pixel, without a thumbnail's type.
  private func distance(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) -> Double {
    func pooled(_ image: ArraySlice<UInt8>, _ y: Int, _ x: Int, _ channel: Int) -> Double {
      let places = [(0, 0), (0, 1), (1, 0), (1, 1)].map { down, right in
        ((2 * y + down) * Self.size + 2 * x + right) * 3 + channel
      }
      return places.reduce(0) { $0 + Double(image[image.startIndex + $1]) } / 4
    }
    func mean(_ mirrored: Bool) -> Double {
      var sum = 0.0
      for y in 0..<16 {
        for x in 0..<16 {
          for channel in 0..<3 {
            let difference =
              pooled(first, y, x, channel) - pooled(second, y, mirrored ? 15 - x : x, channel)
            sum += difference * difference
          }
        }
      }
      return (sum / (16 * 16 * 3)).squareRoot()
    }
    return min(mean(false), mean(true))
  }

  @Test("finds what comparing each with each by the definition finds", arguments: [1, 3, 40])
  func bruteForce(count: Int) throws {
    let (reals, pictures) = (pixels(count: 37, offset: 1), pixels(count: 21, offset: 9))
    let search = PortraitSearch(in: source(reals))
    let share = ImageShare(of: ImagesInMemory(imageSize: Self.size, pixels: pictures))
    let found = try search.nearest(count, toEachOf: share, over: SoloCommunicator())
    #expect(found.map(\.picture) == Array(0..<21))
    for (index, nearest) in found.enumerated() {
      let picture = pictures[index * Self.bytes..<(index + 1) * Self.bytes]
      let distances = (0..<37).map {
        distance(picture, reals[$0 * Self.bytes..<($0 + 1) * Self.bytes])
      }
      let expected = distances.sorted().prefix(count)
      #expect(nearest.neighbours.count == min(count, 37))
      for (neighbour, distance) in zip(nearest.neighbours, expected) {
        #expect(abs(Double(neighbour.distance) - distance) < 1e-3)
        #expect(abs(distances[neighbour.portrait] - distance) < 1e-3)
      }
    }
  }

  @Test("finds a copy, also a mirrored one, at no distance")
  func copies() throws {
    let reals = pixels(count: 10, offset: 1)
    let search = PortraitSearch(in: source(reals))
    let copy = Array(reals[3 * Self.bytes..<4 * Self.bytes])
    let thumbnail = copy.withUnsafeBufferPointer { Thumbnail(of: $0, size: Self.size) }
    for picture in [thumbnail, thumbnail.mirrored] {
      let nearest = search.nearest(1, to: picture)
      #expect(nearest.map(\.portrait) == [3])
      #expect(nearest.map(\.distance) == [0])
    }
    #expect(search.nearest(10, to: thumbnail, excluding: 3).allSatisfy { $0.portrait != 3 })
    #expect(search.distancesToOthers(of: [3]).allSatisfy { $0 > 0 })
  }

  @Test("is the same on three ranks as on one")
  func ranks() throws {
    let (reals, pictures) = (pixels(count: 20, offset: 1), pixels(count: 50, offset: 5))
    let search = PortraitSearch(in: source(reals))
    let alone = try search.nearest(
      2, toEachOf: ImageShare(of: ImagesInMemory(imageSize: Self.size, pixels: pictures)),
      over: SoloCommunicator())
    let together = try InMemoryCommunicator.run(ranks: 3) { communicator in
      let images = ImagesInMemory(imageSize: Self.size, pixels: pictures)
      return try search.nearest(
        2, toEachOf: ImageShare(of: images, rank: communicator.rank, ranks: 3),
        over: communicator)
    }
    for found in together { #expect(found == alone) }
  }
}
