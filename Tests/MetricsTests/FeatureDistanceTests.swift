import Collectives
import Metrics
import Testing

/// Distances of clouds whose distance is known without a computer.
@Suite("Distances of features, in closed form")
struct FeatureDistanceTests {
  private let alone = SoloCommunicator()

  /// The corners ±s of a cube, scaled along each axis and shifted: independent axes of variance
  /// s² · 2^d / (2^d - 1).
  private func corners(scales: [Double], shift: [Double]) -> FeatureMatrix {
    let axes = scales.count
    var values: [Double] = []
    for corner in 0..<1 << axes {
      for axis in 0..<axes {
        let sign: Double = (corner >> axis) & 1 == 0 ? 1 : -1
        values.append(shift[axis] + sign * scales[axis])
      }
    }
    return FeatureMatrix(columns: axes, values: values.map { Float($0) })
  }

  /// The same points in a rotated space, so that covariances are no diagonal matrices.
  private func rotated(_ features: FeatureMatrix) -> FeatureMatrix {
    FeatureMatrix(
      columns: features.columns,
      values: stride(from: 0, to: features.values.count, by: features.columns).flatMap { start in
        var point = Array(features.values[start..<start + features.columns])
        for axis in 1..<features.columns {
          (point[axis - 1], point[axis]) = (
            0.8 * point[axis - 1] - 0.6 * point[axis], 0.6 * point[axis - 1] + 0.8 * point[axis]
          )
        }
        return point
      })
  }

  @Test("the Fréchet distance of normal clouds along common axes is that of means and deviations")
  func frechet() {
    let (first, second) = ([1.0, 2, 3, 0.5], [2.0, 2, 1, 0])
    let (here, there) = ([0.0, 0, 0, 0], [3.0, -1, 0, 0.5])
    let found = FeatureMoments(of: rotated(corners(scales: first, shift: here)))
      .frechetDistance(to: FeatureMoments(of: rotated(corners(scales: second, shift: there))))
    // Between commuting covariances it is |μ₁ - μ₂|² + Σ (σ₁ - σ₂)²; points are rounded to Float32.
    let expected = (0..<4).reduce(0) { sum, axis in
      let (shift, scale) = (there[axis] - here[axis], second[axis] - first[axis])
      return sum + shift * shift + scale * scale * 16 / 15
    }
    #expect(abs(found - expected) < 1e-6 * expected)
  }

  @Test("the Fréchet distance of a cloud from itself is 0")
  func frechetToItself() {
    let moments = FeatureMoments(of: rotated(corners(scales: [1, 2, 3], shift: [4, 5, 6])))
    #expect(abs(moments.frechetDistance(to: moments)) < 1e-12 * 49)
  }

  @Test("the kernel distance of two points from two others is what the definition says")
  func kernel() throws {
    let found = try KernelDistance(
      of: FeatureMatrix(columns: 1, values: [0, 1]),
      and: FeatureMatrix(columns: 1, values: [2, 3]),
      seed: 1, over: alone)
    // k(0,1) + k(2,3) - (k(0,2) + k(0,3) + k(1,2) + k(1,3)) / 2
    #expect(abs(found.mean - (1 + 343 - (1.0 + 1 + 27 + 64) / 2)) < 1e-9)
    #expect(found.subsetCount == 1 && found.subsetSize == 2 && found.deviation == 0)
  }

  @Test("a cloud covers itself, and nothing of one that is far away")
  func coverage() throws {
    let line = FeatureMatrix(columns: 2, values: (0..<40).flatMap { [1.1 * Float($0 * $0), 1] })
    let far = FeatureMatrix(columns: 2, values: line.values.map { $0 + 1e6 })
    let itself = try Coverage(of: line, among: line, over: alone)
    #expect(itself.precision == 1 && itself.recall == 1 && itself.coverage == 1)
    // Each point lies in its own ball and in those of the five that it is a neighbour of, on
    // average.
    #expect(abs(itself.density - 6.0 / 5) < 1e-12)
    let apart = try Coverage(of: far, among: line, over: alone)
    #expect(
      apart.precision == 0 && apart.recall == 0 && apart.density == 0 && apart.coverage == 0)
  }

  @Test("a generator that makes one real picture is precise, and recalls its neighbourhood only")
  func collapse() throws {
    let line = FeatureMatrix(columns: 1, values: (0..<40).map { Float($0 * $0) })
    let one = FeatureMatrix(columns: 1, values: [Float](repeating: 400, count: 10))
    let found = try Coverage(of: one, among: line, over: alone)
    #expect(found.precision == 1)
    // The balls of equal points are points: of the reals, 20² alone lies in one.
    #expect(found.recall == 1.0 / 40)
    // 20² is a fifth neighbour or nearer of 17² … 22² and itself.
    let holding = (0..<40).filter { point in
      let distances = (0..<40).filter { $0 != point }.map { abs($0 * $0 - point * point) }.sorted()
      return abs(400 - point * point) <= distances[4]
    }
    #expect(found.coverage == Double(holding.count) / 40)
    #expect(abs(found.density - Double(holding.count) / 5) < 1e-12)
  }
}
