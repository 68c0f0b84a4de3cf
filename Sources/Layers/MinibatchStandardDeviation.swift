import Tensors

/// Adds a channel that says how much a group of samples varies: a discriminator sees by it when
/// images are too much alike (Karras et al., 2018).
///
/// The deviations of all features over the samples of a group are averaged to one number. Of a
/// batch of n samples, those n / `groupSize` places apart are a group. When ranks take turns at the
/// samples of a global batch, such groups consist of the same samples for any number of ranks.
public struct MinibatchStandardDeviation: Layer {
  private let groupSize: Int
  private static let epsilon: Float = 1e-8

  /// Creates the layer; batches must be multiples of `groupSize` (``WeightLayout/batchMultiple``).
  public init(groupSize: Int = 4, in layout: inout WeightLayout) {
    precondition(groupSize > 0, "groups of \(groupSize) samples")
    self.groupSize = groupSize
    layout.requireBatches(ofMultiplesOf: groupSize)
  }

  public func callAsFunction(_ input: Tensor, in pass: ForwardPass) -> Tensor {
    let parts = pass.training?.groups ?? 1
    let (batch, features) = (input.shape[0], input.count / input.shape[0])
    precondition(
      batch % (parts * groupSize) == 0,
      "\(parts) batches of \(batch) samples in all have no groups of \(groupSize)")
    let groups = batch / parts / groupSize
    let deviation = input.reshaped(to: [parts, groupSize, groups, features])
      .meanDeviation(epsilon: Self.epsilon)
    let pixels = Array(input.shape.dropFirst().dropLast())
    let channel = deviation.broadcast(
      to: [parts, groupSize, groups, pixels.reduce(1, *)]
    ).reshaped(to: [batch] + pixels + [1])
    return .concatenated([input, channel], alongAxis: input.rank - 1)
  }
}

extension Tensor {
  /// Returns the deviations over the samples of a group, averaged over all features, of samples
  /// `[parts, samples of a group, groups, features]`: `[parts, 1, groups, 1]`.
  fileprivate func meanDeviation(epsilon: Float) -> Tensor {
    let centered = self - mean(alongAxes: 1)
    return (centered.squared().mean(alongAxes: 1) + epsilon).squareRoot().mean(alongAxes: 3)
  }
}
