extension Tensor {
  /// Returns the convolution of kernel 3 and padding 1 with the pictures `[batch, height, width,
  /// input channels]` enlarged to twice the size by repeating pixels: `[batch, 2·height, 2·width,
  /// output channels]`.
  ///
  /// The same as `upsampled(by: 2)` and ``convolved(with:adding:window:)``, at 4/9 of the products
  /// or less. Three neighbouring rows of the large picture show only two rows of the small one,
  /// which weights that meet the same pixel are added for. With w₀, w₁, w₂ in one dimension, the
  /// output pixels 2i and 2i + 1 are
  ///
  ///     w₀ x[i - 1] + (w₁ + w₂) x[i]    and    (w₀ + w₁) x[i] + w₂ x[i + 1]:
  ///
  /// a transposed convolution of stride 2 with the kernel (w₂, w₁ + w₂, w₀ + w₁, w₀).
  /// - Parameters:
  ///   - weights: `[3, 3, input channels, output channels]`.
  ///   - bias: added to each pixel, `[output channels]`.
  public func upsampledConvolved(with weights: Tensor, adding bias: Tensor? = nil) -> Tensor {
    let (inputs, outputs) = (weights.shape[2], weights.shape[3])
    precondition(
      weights.shape == [3, 3, shape[3], outputs], "weights \(weights.shape) for input \(shape)")
    guard ConvolutionMethods.allowed == .fast else {
      return upsampled(by: 2).convolved(
        with: weights, adding: bias, window: ConvolutionWindow(kernel: 3, padding: .all(1)))
    }
    let transposedKernel = Self.kernelSums.matrixProduct(
      weights.reshaped(to: [9, inputs * outputs])
    ).reshaped(to: [4, 4, inputs, outputs]).permuted(0, 1, 3, 2)
    return transposeConvolved(
      with: transposedKernel, adding: bias,
      window: ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1)),
      outputHeight: 2 * shape[1], outputWidth: 2 * shape[2])
  }

  /// The matrix that takes a kernel's 3 × 3 weights to the 4 × 4 of the transposed convolution.
  private static let kernelSums = onBothAxes([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])

  /// The matrix that does to the rows and the columns of a kernel what one of these rows and
  /// columns does to a row of weights: their Kronecker product with itself.
  static func onBothAxes(_ rows: [[Float]]) -> Tensor {
    let products = rows.flatMap { y in
      rows.flatMap { x in y.flatMap { a in x.map { b in a * b } } }
    }
    return Tensor(
      shape: [rows.count * rows.count, products.count / rows.count / rows.count], products)
  }
}
