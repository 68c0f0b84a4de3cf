/// How a figure that two halves of the real images have reads beside one of generated images, which
/// was found from other counts.
///
/// Between images of one kind, a sliced Wasserstein or Fréchet distance is greater the fewer they
/// are, and coverage is greater the more points there are to cover each real one. So halves mostly
/// show a bound of what real images would measure at the counts of the generated ones. MS-SSIM,
/// kernel distance and density do not depend on counts, precision and recall hardly do.
public enum ReferenceBound: String, Sendable {
  case equal = ""
  case atMost = "≤ "
  case atLeast = "≥ "

  /// The bound on a figure that grows with a term of the counts, by that of the halves and that of
  /// the generated images.
  fileprivate init(of halves: Double, beside generated: Double) {
    self = halves > generated ? .atMost : halves < generated ? .atLeast : .equal
  }
}

extension Evaluation {
  /// How the reference's sliced Wasserstein distance reads beside that of the generated images.
  public func slicedWassersteinBound(_ reference: Reference) -> ReferenceBound {
    bound(slicedWasserstein, reference.slicedWasserstein) { 1 / Double($0.imageCount) }
  }

  /// How the reference's Fréchet distance does.
  public func frechetBound(_ reference: Reference) -> ReferenceBound {
    bound(features, reference.features) { 1 / Double($0.generatedCount) + 1 / Double($0.realCount) }
  }

  /// How the reference's coverage does.
  public func coverageBound(_ reference: Reference) -> ReferenceBound {
    bound(features, reference.features) { Double($0.generatedCount) / Double($0.realCount) }
  }

  private func bound<Figure>(
    _ measured: Figure?, _ halves: Figure?, by term: (Figure) -> Double
  ) -> ReferenceBound {
    guard let measured, let halves else { return .equal }
    return ReferenceBound(of: term(halves), beside: term(measured))
  }
}
