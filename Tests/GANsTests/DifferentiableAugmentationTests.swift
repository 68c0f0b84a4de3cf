import GANs
import Layers
import Tensors
import Testing

@Suite("Differentiable augmentation")
struct DifferentiableAugmentationTests {
  private let side = 16
  private let noise = SampleNoise(seed: 5, step: 3, phase: 1, samples: Array(10..<42))

  private var images: Tensor {
    SampleNoise(seed: 1, step: 0, phase: 0, samples: noise.samples)
      .uniform(.sampleGrid, shape: [side, side, 3]) * 2 - 1
  }

  @Test("colours change as brightness, saturation and contrast do one after the other")
  func color() {
    let changed = DifferentiableAugmentation([.color])(images, noise: noise).scalars
    let draws = noise.uniform(.differentiableAugmentation, source: 0, shape: [3]).scalars
    let pixels = side * side
    for (index, original) in images.scalars.chunks(of: pixels * 3).enumerated() {
      let (b, s, c) = (draws[3 * index] - 0.5, draws[3 * index + 1] * 2, draws[3 * index + 2] + 0.5)
      var picture = original.map { $0 + b }
      for pixel in 0..<pixels {
        let range = 3 * pixel..<3 * pixel + 3
        let grey = picture[range].reduce(0, +) / 3
        for place in range { picture[place] = (picture[place] - grey) * s + grey }
      }
      let mean = picture.reduce(0, +) / Float(picture.count)
      for (place, value) in picture.enumerated() {
        let expected = (value - mean) * c + mean
        #expect(abs(changed[index * pixels * 3 + place] - expected) < 2e-6)
      }
    }
  }

  @Test("pictures move by up to an eighth of their side, each its own way, and zeros come in")
  func translation() {
    let changed = DifferentiableAugmentation([.translation])(images, noise: noise)
    var moves: Set<[Int]> = []
    for index in 0..<noise.samples.count {
      let (before, after) = (images.pixels(of: index), changed.pixels(of: index))
      let candidates = (-2...2).flatMap { down in (-2...2).map { [down, $0] } }
      let found = candidates.filter { move in
        (0..<side).allSatisfy { y in
          (0..<side).allSatisfy { x in
            let (fromY, fromX) = (y - move[0], x - move[1])
            let isInside = (0..<side).contains(fromY) && (0..<side).contains(fromX)
            return after[y][x] == (isInside ? before[fromY][fromX] : [0, 0, 0])
          }
        }
      }
      #expect(found.count == 1, "picture \(index)")
      moves.formUnion(found)
    }
    #expect(moves.count > 10)
  }

  @Test("each change is made of as many pictures as its probability says, as it would be anyway")
  func probability() {
    let noise = SampleNoise(seed: 5, step: 3, phase: 1, samples: Array(0..<2000))
    let images = Tensor(repeating: 0.5, shape: [2000, 8, 8, 3])
    for change in DifferentiableAugmentation.Change.allCases {
      let augment = DifferentiableAugmentation([change])
      let always = augment(images, noise: noise).scalars.chunks(of: 192)
      let sometimes = augment(images, noise: noise, probability: 0.3).scalars.chunks(of: 192)
      let changed = sometimes.map { $0.contains { abs($0 - 0.5) > 1e-6 } }
      for index in changed.indices where changed[index] {
        #expect(sometimes[index] == always[index], "\(change) of picture \(index)")
      }
      // A translation by nothing, one of nine, is not seen.
      let expected = change == .translation ? 2000 * 0.3 * 8 / 9 : 2000 * 0.3
      let deviation = (2000 * 0.3 * 0.7).squareRoot()
      let count = Double(changed.count { $0 })
      #expect(abs(count - expected) < 4 * deviation, "\(change): \(count)")
      #expect(augment(images, noise: noise, probability: 0).scalars == images.scalars)
    }
  }

  @Test("a square of half the side, or what of it lies inside, is zero and nothing else changes")
  func cutout() {
    let changed = DifferentiableAugmentation([.cutout])(images, noise: noise)
    for index in 0..<noise.samples.count {
      let (before, after) = (images.pixels(of: index), changed.pixels(of: index))
      let holes = (0..<side * side).filter { after[$0 / side][$0 % side] == [0, 0, 0] }
      let (rows, columns) = (Set(holes.map { $0 / side }), Set(holes.map { $0 % side }))
      #expect(rows.count * columns.count == holes.count)
      for extent in [rows, columns] {
        let (first, last) = (extent.min() ?? 0, extent.max() ?? 0)
        let touchesEdge = first == 0 || last == side - 1
        #expect(extent.count == last - first + 1)
        #expect(touchesEdge ? (4...8).contains(extent.count) : extent.count == 8)
      }
      for place in 0..<side * side where !holes.contains(place) {
        #expect(after[place / side][place % side] == before[place / side][place % side])
      }
    }
  }

  @Test("gradients pass through all changes: the difference quotient is the slope")
  func gradients() {
    let augment = DifferentiableAugmentation()
    let direction = SampleNoise(seed: 2, step: 0, phase: 0, samples: noise.samples)
      .normal(.sampleGrid, shape: [side, side, 3])
    // A square, so that the slope differs from place to place.
    func loss(_ images: Tensor) -> Tensor { augment(images, noise: noise).squared().mean() }
    let variable = images.variable()
    let slope = (gradient(of: loss(variable), withRespectTo: [variable])[0] * direction).sum()
    let step: Float = 0.01
    let difference = loss(images + direction * step) - loss(images - direction * step)
    let quotient = difference.scalar / (2 * step)
    #expect(abs(quotient - slope.scalar) < 1e-3 * max(1, abs(slope.scalar)))
  }

  @Test("an image's changes are its own, whatever the batch it stands in")
  func independence() {
    let augment = DifferentiableAugmentation()
    let whole = augment(images, noise: noise)
    let half = SampleNoise(seed: 5, step: 3, phase: 1, samples: Array(noise.samples[16...]))
    #expect(augment(images.sliced(16..<32), noise: half).scalars == whole.sliced(16..<32).scalars)
  }
}

extension Tensor {
  /// The pixels of one picture of a batch, by row and column.
  fileprivate func pixels(of index: Int) -> [[[Float]]] {
    sliced(index..<index + 1).scalars.chunks(of: 3).chunks(of: shape[2])
  }
}

extension Array {
  fileprivate func chunks(of count: Int) -> [[Element]] {
    stride(from: 0, to: self.count, by: count).map { Array(self[$0..<$0 + count]) }
  }
}
