/// The objectives that can be asked for by name, each with its paper's constants.
public enum ObjectiveName: String, Sendable, CaseIterable, Codable {
  case nonSaturating = "non-saturating"
  case leastSquares = "least-squares"
  case hinge
  case wasserstein = "wgan"
  case wassersteinGradientPenalty = "wgan-gp"
  case r1

  public func makeObjective() -> any Objective {
    switch self {
    case .nonSaturating: NonSaturating(discriminatorReduction: .sumOfHalves)
    case .leastSquares: LeastSquares()
    case .hinge: Hinge()
    case .wasserstein: Wasserstein()
    case .wassersteinGradientPenalty: WassersteinGradientPenalty()
    case .r1: R1()
    }
  }
}
