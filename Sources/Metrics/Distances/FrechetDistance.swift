import Tensors

/// A cloud of points, as a normal distribution.
public struct FeatureMoments: Sendable {
  let mean: [Double]
  let covariance: SymmetricMatrix

  /// Rows that are in memory in double precision at a time.
  private static let blockSize = 1024

  /// Estimates mean and unbiased covariance.
  /// - Parameter features: at least two rows.
  public init(of features: FeatureMatrix) {
    precondition(features.rows > 1, "one point has no covariance")
    let (rows, columns) = (features.rows, features.columns)
    var mean = [Double](repeating: 0, count: columns)
    features.values.withUnsafeBufferPointer { values in
      for row in 0..<rows {
        for column in 0..<columns { mean[column] += Double(values[row * columns + column]) }
      }
    }
    for column in 0..<columns { mean[column] /= Double(rows) }
    var covariance = [Double](repeating: 0, count: columns * columns)
    for start in stride(from: 0, to: rows, by: Self.blockSize) {
      let block = start..<min(start + Self.blockSize, rows)
      var centred = features.doubles(block)
      for row in 0..<block.count {
        for column in 0..<columns { centred[row * columns + column] -= mean[column] }
      }
      let products = product(
        centred, transposingFirst: true, centred, rows: columns, columns: columns,
        inner: block.count)
      for index in covariance.indices { covariance[index] += products[index] }
    }
    for index in covariance.indices { covariance[index] /= Double(rows - 1) }
    self.mean = mean
    self.covariance = SymmetricMatrix(order: columns, values: covariance)
  }

  /// Returns the Fréchet distance of two normal distributions (Dowson & Landau, 1982):
  /// |μ₁ − μ₂|² + Tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½).
  ///
  /// Over the features of Inception-v3 this is what is known as FID (Heusel et al., 2017).
  public func frechetDistance(to other: FeatureMoments) -> Double {
    precondition(mean.count == other.mean.count, "other features")
    let shift = zip(mean, other.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    // Σ₁Σ₂ has the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, which is symmetric.
    let root = covariance.squareRoot()
    let eigenvalues = other.covariance.between(root).eigenvalues()
    let mixed = eigenvalues.reduce(0) { $0 + max(0, $1).squareRoot() }
    return shift + covariance.trace + other.covariance.trace - 2 * mixed
  }
}
