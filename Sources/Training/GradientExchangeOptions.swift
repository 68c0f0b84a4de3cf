import Collectives

/// How gradients get from rank to rank.
public struct GradientExchangeOptions: Sendable, Equatable, Codable {
  /// Whether buckets are sent while others are computed.
  public enum Overlap: String, Sendable, Codable, CaseIterable {
    /// Where ranks are on several hosts; on one, an exchange is work for the same cores.
    case auto
    case on
    case off
  }

  public var overlap: Overlap
  /// How the numbers travel.
  public var format: SumFormat

  public init(overlap: Overlap = .auto, format: SumFormat = .float32) {
    self.overlap = overlap
    self.format = format
  }
}

extension Communicator {
  /// Whether gradients are sent while others are still being computed; the same on every rank.
  package func overlaps(_ options: GradientExchangeOptions) -> Bool {
    switch options.overlap {
    case .auto: !isOnOneHost
    case .on: size > 1
    case .off: false
    }
  }
}
