import Collectives

/// How far one cloud of points lies within another, and how much of that it covers.
///
/// Around each point lies a ball that reaches to its k-th nearest neighbour in its own cloud.
/// Precision and recall (Kynkäänniemi et al., 2019, k = 3) say which part of the generated points
/// lies in any ball of the real ones, and the other way round. Density and coverage (Naeem et
/// al., 2020, k = 5) are less swayed by outliers: how many real balls a generated point lies in, as
/// a fraction of k, and which part of the real balls holds any generated point.
public struct Coverage: Codable, Sendable, Equatable {
  public let precision, recall, density, coverage: Double

  /// The neighbour that the balls of precision and recall reach to.
  public static let neighbour = 3
  /// The neighbour that the balls of density and coverage reach to.
  public static let densityNeighbour = 5

  /// Compares two clouds; every rank calls this with the same points and gets the same result,
  /// which is the same, to the bit, for any number of ranks and threads.
  /// - Parameter generated: more points than ``densityNeighbour``, as are `reals`.
  /// - Throws: `CollectiveError` if the ranks could not be reached.
  public init(
    of generated: FeatureMatrix, among reals: FeatureMatrix, over communicator: any Communicator
  ) throws {
    precondition(
      min(generated.rows, reals.rows) > Self.densityNeighbour, "too few points for neighbours")
    let near = try Self.radii(around: reals, over: communicator)
    let nearGenerated = try Self.radii(around: generated, over: communicator).map(\.near)

    let own = DistanceBlocks(from: reals, to: generated, over: communicator).reduce(
      Findings(generated: generated.rows)
    ) { findings, rows, distances in
      for (row, real) in rows.enumerated() {
        let distances = distances[row * generated.rows..<(row + 1) * generated.rows]
        findings.add(distances, radii: near[real], nearGenerated: nearGenerated)
      }
    }
    var all = Findings(generated: generated.rows)
    for findings in own { all.add(findings) }
    let counts = try communicator.allGatherInOrder(all.counts)
    for start in stride(from: 0, to: counts.count, by: all.counts.count)
    where start / all.counts.count != communicator.rank {
      all.add(Findings(counts: Array(counts[start..<start + all.counts.count])))
    }

    let (generatedCount, realCount) = (Double(generated.rows), Double(reals.rows))
    precision = Double(all.generatedNear.count { $0 > 0 }) / generatedCount
    recall = Double(all.recalled) / realCount
    density = Double(all.wideHits) / (Double(Self.densityNeighbour) * generatedCount)
    coverage = Double(all.covered) / realCount
  }

  /// The squared radii of the balls around a point.
  private struct Radii: BitwiseCopyable {
    let near, wide: Double
  }

  private static func radii(
    around points: FeatureMatrix, over communicator: any Communicator
  ) throws -> [Radii] {
    let own = DistanceBlocks(from: points, to: points, over: communicator).map { rows, distances in
      rows.enumerated().map { row, point in
        var nearest = [Double](repeating: .infinity, count: densityNeighbour)
        for other in 0..<points.rows where other != point {
          let distance = distances[row * points.rows + other]
          guard distance < nearest[densityNeighbour - 1] else { continue }
          var place = densityNeighbour - 1
          while place > 0, nearest[place - 1] > distance {
            nearest[place] = nearest[place - 1]
            place -= 1
          }
          nearest[place] = distance
        }
        return Radii(near: nearest[neighbour - 1], wide: nearest[densityNeighbour - 1])
      }
    }
    return try communicator.allGatherInOrder(own.flatMap { $0 })
  }

  /// What has been counted over some of the real points.
  private struct Findings {
    /// For each generated point, the near balls it lies in; then the three totals below.
    private(set) var counts: [Int64]

    init(generated: Int) { counts = [Int64](repeating: 0, count: generated + 3) }

    init(counts: [Int64]) { self.counts = counts }

    var generatedNear: ArraySlice<Int64> { counts.dropLast(3) }
    /// The pairs of a generated point and a wide ball that it lies in.
    var wideHits: Int64 { counts[counts.count - 3] }
    /// The real points that lie in the near ball of any generated point.
    var recalled: Int64 { counts[counts.count - 2] }
    /// The real points whose wide ball holds any generated point.
    var covered: Int64 { counts[counts.count - 1] }

    mutating func add(_ distances: ArraySlice<Double>, radii: Radii, nearGenerated: [Double]) {
      var (wideHits, isRecalled) = (Int64(0), false)
      for (generated, distance) in distances.enumerated() {
        if distance <= radii.near { counts[generated] += 1 }
        if distance <= radii.wide { wideHits += 1 }
        if distance <= nearGenerated[generated] { isRecalled = true }
      }
      counts[counts.count - 3] += wideHits
      counts[counts.count - 2] += isRecalled ? 1 : 0
      counts[counts.count - 1] += wideHits > 0 ? 1 : 0
    }

    mutating func add(_ other: Findings) {
      for index in counts.indices { counts[index] += other.counts[index] }
    }
  }
}
