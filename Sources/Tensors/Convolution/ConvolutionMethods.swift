import Synchronization

/// The ways in which this process may compute convolutions.
///
/// They give the same results but for rounding. Comparing them tells whether training notices.
public enum ConvolutionMethods: String, Sendable, CaseIterable {
  /// Whichever is the fastest for the sizes at hand.
  case fast
  /// As they are defined: each output is one sum of products, made by matrix products.
  case plain

  /// What this process may use; set it before the first convolution.
  public static var allowed: ConvolutionMethods {
    get { isPlain.load(ordering: .relaxed) ? .plain : .fast }
    set { isPlain.store(newValue == .plain, ordering: .relaxed) }
  }

  private static let isPlain = Atomic(false)
}
