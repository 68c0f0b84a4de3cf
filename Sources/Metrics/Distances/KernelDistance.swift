import Collectives
import Tensors

/// The kernel distance of two clouds of points: the unbiased estimate of the squared maximum mean
/// discrepancy under the kernel (xᵀy / d + 1)³ (Bińkowski et al., 2018), a mean over random
/// subsets.
///
/// Over the features of Inception-v3 this is what is known as KID. It may be negative.
public struct KernelDistance: Codable, Sendable, Equatable {
  /// The mean over all subsets.
  public let mean: Double
  /// The standard deviation over the subsets; 0 if there is one only.
  public let deviation: Double
  /// The number of subsets, and of points of each.
  public let subsetCount, subsetSize: Int

  /// Measures the distance; every rank calls this with the same features and gets the same result,
  /// which is the same, to the bit, for any number of ranks and threads.
  /// - Parameters:
  ///   - subsetCount: the number of subsets; one is taken where it holds all points.
  ///   - largestSubset: points of a subset at most.
  ///   - seed: what subsets follow from.
  /// - Throws: `CollectiveError` if the ranks could not be reached.
  public init(
    of first: FeatureMatrix, and second: FeatureMatrix, subsetCount: Int = 100,
    largestSubset: Int = 1000, seed: UInt64, over communicator: any Communicator
  ) throws {
    precondition(first.columns == second.columns, "other features")
    let size = min(largestSubset, first.rows, second.rows)
    precondition(size > 1, "one point has no unbiased estimate")
    let count = size == first.rows && size == second.rows ? 1 : subsetCount
    let own =
      count * communicator.rank / communicator.size..<count * (communicator.rank + 1)
      / communicator.size
    let estimates = try communicator.allGatherInOrder(
      own.map { subset in
        func chosen(from features: FeatureMatrix, _ set: UInt64) -> FeatureMatrix {
          let order = RandomOrder(seed: seed, purpose: .subsets, step: UInt64(subset) << 1 | set)
          return features.rows(order.choice(of: size, from: features.rows))
        }
        return Self.estimate(chosen(from: first, 0), chosen(from: second, 1))
      })
    let mean = estimates.reduce(0, +) / Double(count)
    self.mean = mean
    deviation =
      (estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
    (self.subsetCount, subsetSize) = (count, size)
  }

  /// The estimate from two sets of equally many points.
  private static func estimate(_ first: FeatureMatrix, _ second: FeatureMatrix) -> Double {
    let count = Double(first.rows)
    let within = [first, second].reduce(0) { $0 + kernelSum($1, $1, leavingOutDiagonal: true) }
    let across = kernelSum(first, second, leavingOutDiagonal: false)
    return within / (count * (count - 1)) - 2 * across / (count * count)
  }

  private static func kernelSum(
    _ first: FeatureMatrix, _ second: FeatureMatrix, leavingOutDiagonal: Bool
  ) -> Double {
    let products = product(
      first.doubles(0..<first.rows), second.doubles(0..<second.rows), transposingSecond: true,
      rows: first.rows, columns: second.rows, inner: first.columns)
    var sum = 0.0
    for row in 0..<first.rows {
      for column in 0..<second.rows where !(leavingOutDiagonal && row == column) {
        let base = products[row * second.rows + column] / Double(first.columns) + 1
        sum += base * base * base
      }
    }
    return sum
  }
}
