extension Tensor {
  /// Returns the means of disjoint 2 × 2 windows of the convolution of kernel 3 and padding 1 with
  /// pictures `[batch, height, width, input channels]`: `[batch, height/2, width/2, output
  /// channels]`.
  ///
  /// The same as ``convolved(with:adding:window:)`` and `averagePooled(by: 2)`, at 4/9 of the
  /// products. With w₀, w₁, w₂ in one dimension, the mean of the output pixels 2i and 2i + 1 is
  /// half of
  ///
  ///     w₀ x[2i - 1] + (w₀ + w₁) x[2i] + (w₁ + w₂) x[2i + 1] + w₂ x[2i + 2]:
  ///
  /// a convolution of stride 2.
  /// - Parameters:
  ///   - weights: `[3, 3, input channels, output channels]`.
  ///   - bias: added to each pixel, `[output channels]`.
  public func pooledConvolved(with weights: Tensor, adding bias: Tensor? = nil) -> Tensor {
    let (inputs, outputs) = (weights.shape[2], weights.shape[3])
    precondition(
      weights.shape == [3, 3, shape[3], outputs], "weights \(weights.shape) for input \(shape)")
    precondition(
      shape[1] % 2 == 0 && shape[2] % 2 == 0, "shape \(shape) has no whole 2 × 2 windows")
    guard ConvolutionMethods.allowed == .fast else {
      return convolved(
        with: weights, adding: bias, window: ConvolutionWindow(kernel: 3, padding: .all(1))
      ).averagePooled(by: 2)
    }
    let kernel = Self.windowMeans.matrixProduct(weights.reshaped(to: [9, inputs * outputs]))
      .reshaped(to: [4, 4, inputs, outputs])
    return convolved(
      with: kernel, adding: bias,
      window: ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1)))
  }

  /// The matrix that takes a kernel's 3 × 3 weights to the 4 × 4 of the convolution of stride 2.
  private static let windowMeans = onBothAxes([
    [0.5, 0, 0], [0.5, 0.5, 0], [0, 0.5, 0.5], [0, 0, 0.5],
  ])
}
