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

  /// The name of `objective`; nil if none stands for its constants, other than a penalty's.
  public init?(of objective: any Objective) {
    switch objective {
    case let objective as NonSaturating:
      guard objective.discriminatorReduction == .sumOfHalves && objective.labelNoise == 0 else {
        return nil
      }
      self = .nonSaturating
    case is LeastSquares: self = .leastSquares
    case is Hinge: self = .hinge
    case let objective as Wasserstein:
      guard objective.weightLimit == Wasserstein().weightLimit else { return nil }
      self = .wasserstein
    case let objective as WassersteinGradientPenalty:
      guard objective.drift == 0 else { return nil }
      self = .wassersteinGradientPenalty
    case is R1: self = .r1
    default: return nil
    }
  }
}
