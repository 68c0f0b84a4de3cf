import Tensors

extension ConvolutionWindow {
  /// Halves the sides of a picture, or transposed doubles them.
  public static let halving = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
  /// Makes a single pixel of a picture of 4 × 4, or transposed the other way round.
  public static let whole = ConvolutionWindow(kernel: 4)
  /// Leaves the size of a picture as it is.
  public static let sameSize = ConvolutionWindow(kernel: 3, padding: .all(1))
}
