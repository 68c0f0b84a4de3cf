import Pictures
import Portraits
import Testing

@Suite("Painted portraits")
struct PaintedPortraitsTests {
  private static let painterCount = PaintedPortraits.painters.count
  /// Fourteen works of each painter.
  private static let gallery = PaintedPortraits(
    seed: 11, count: 14 * painterCount, imageSize: 24
  ).painted()

  @Test("there are at least five painters, and their names differ")
  func painters() {
    #expect(Self.painterCount >= 5)
    #expect(Set(PaintedPortraits.painters).count == Self.painterCount)
  }

  @Test("a portrait has the size asked for", arguments: [8, 33])
  func sizes(side: Int) {
    let portrait = PaintedPortraits(seed: 1, count: 3, imageSize: side).portrait(at: 2)
    #expect(portrait.width == side && portrait.height == side)
  }

  @Test("a portrait depends on seed and index only, not on how many there are")
  func determinism() {
    let few = PaintedPortraits(seed: 5, count: Self.painterCount, imageSize: 16)
    let many = PaintedPortraits(seed: 5, count: 10_000, imageSize: 16)
    for index in 0..<Self.painterCount {
      #expect(few.portrait(at: index) == many.portrait(at: index))
    }
  }

  @Test("another seed and another index give another portrait")
  func differentSeeds() {
    let portraits = PaintedPortraits(seed: 5, count: 64, imageSize: 16)
    let others = PaintedPortraits(seed: 6, count: 64, imageSize: 16)
    for index in 0..<Self.painterCount {
      #expect(portraits.portrait(at: index) != others.portrait(at: index))
      #expect(portraits.portrait(at: index) != portraits.portrait(at: index + Self.painterCount))
    }
  }

  @Test("portraits painted on all cores are those painted one by one, with their painters")
  func paintedInParallel() {
    let portraits = PaintedPortraits(seed: 3, count: 2 * Self.painterCount + 1, imageSize: 16)
    let source = portraits.painted()
    #expect(source.count == portraits.count && source.imageSize == 16)
    #expect(source.labels == PaintedPortraits.painters)
    for index in 0..<portraits.count {
      #expect(source.label(of: index) == index % Self.painterCount)
      let pixels = source.withPixels(of: index) { Array($0) }
      #expect(pixels == portraits.portrait(at: index).pixels)
    }
  }

  @Test("simple statistics of colour and texture tell the painters apart")
  func paintersAreDistinct() {
    let known = 9
    let source = Self.gallery
    let statistics = (0..<source.count).map { index in
      source.withPixels(of: index) { Statistics.values(of: Array($0), side: source.imageSize) }
    }
    let classifier = NearestCentroid(
      examples: Array(statistics.prefix(known * Self.painterCount)), labelCount: Self.painterCount)
    let guesses = statistics.indices.dropFirst(known * Self.painterCount).map { index in
      classifier.label(of: statistics[index]) == source.label(of: index)
    }
    let share = Double(guesses.count { $0 }) / Double(guesses.count)
    #expect(share > 0.8, "\(share) of \(guesses.count) portraits were recognised")
  }

  @Test("the sitters of one painter differ from each other")
  func variety() {
    let sitters = 5
    let source = Self.gallery
    for painter in 0..<Self.painterCount {
      let pictures = (0..<sitters).map { sitter in
        source.withPixels(of: sitter * Self.painterCount + painter) { $0.map(Double.init) }
      }
      for first in 0..<sitters {
        for second in (first + 1)..<sitters {
          let differences = zip(pictures[first], pictures[second]).map { abs($0 - $1) }
          let mean = differences.reduce(0, +) / Double(differences.count)
          #expect(mean > 8, "two works of the \(PaintedPortraits.painters[painter])")
        }
      }
    }
  }
}

/// What a glance takes in: the colours, how they vary and how rough the surface is.
private enum Statistics {
  static func values(of pixels: [UInt8], side: Int) -> [Double] {
    var values: [Double] = []
    for channel in 0..<3 {
      let plane = stride(from: channel, to: pixels.count, by: 3).map { Double(pixels[$0]) }
      let mean = plane.reduce(0, +) / Double(plane.count)
      let variance = plane.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(plane.count)
      let rows = (side..<plane.count).map { abs(plane[$0] - plane[$0 - side]) }
      let columns = (1..<plane.count).map { abs(plane[$0] - plane[$0 - 1]) }
      values += [mean, variance.squareRoot()]
      values += [
        rows.reduce(0, +) / Double(rows.count), columns.reduce(0, +) / Double(columns.count),
      ]
    }
    let saturations = stride(from: 0, to: pixels.count, by: 3).map { start in
      let pixel = pixels[start..<start + 3].map(Double.init)
      return (pixel.max() ?? 0) - (pixel.min() ?? 0)
    }
    values.append(saturations.reduce(0, +) / Double(saturations.count))
    return values
  }
}

/// A classifier that knows each label by the mean of its examples, in units of their spread.
private struct NearestCentroid {
  private let centers: [[Double]]
  private let spreads: [Double]

  /// Learns from examples whose labels follow each other in turn.
  init(examples: [[Double]], labelCount: Int) {
    let features = examples[0].indices
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    centers = (0..<labelCount).map { label in
      let own = examples.indices.filter { $0 % labelCount == label }
      return features.map { feature in mean(own.map { examples[$0][feature] }) }
    }
    spreads = features.map { feature in
      let center = mean(examples.map { $0[feature] })
      return max(mean(examples.map { ($0[feature] - center) * ($0[feature] - center) }), 1e-9)
    }
  }

  func label(of example: [Double]) -> Int {
    let distances = centers.map { center in
      zip(zip(example, center), spreads).reduce(0) { sum, term in
        let difference = term.0.0 - term.0.1
        return sum + difference * difference / term.1
      }
    }
    return distances.indices.min { distances[$0] < distances[$1] } ?? 0
  }
}
