import Tensors

/// A cloud of points, as a normal distribution.
public struct FeatureMoments: Sendable {
  let mean: [Double]
  let covariance: SymmetricMatrix

  /// Estimates mean and unbiased covariance.
  /// - Parameter features: at least two rows.
  public init(of features: FeatureMatrix) {
    precondition(features.rows > 1, "one point has no covariance")
    let (rows, columns) = (features.rows, features.columns)
    var mean = [Double](repeating: 0, count: columns)
    for index in features.values.indices { mean[index % columns] += features.values[index] }
    for column in 0..<columns { mean[column] /= Double(rows) }
    var centred = features.values
    for index in centred.indices { centred[index] -= mean[index % columns] }
    var covariance = product(
      centred, transposingFirst: true, centred, rows: columns, columns: columns, inner: rows)
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
