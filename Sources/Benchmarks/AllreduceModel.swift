import Foundation

/// A connection between two ranks: the time of a message of n bytes is latency + n / bandwidth.
package struct Link: Codable, Sendable, Equatable {
  /// In seconds.
  package var latency: Double
  /// In bytes per second and direction.
  package var bandwidth: Double

  package init(latency: Double, bandwidth: Double) {
    self.latency = latency
    self.bandwidth = bandwidth
  }
}

/// What an allreduce takes over links that are all alike, one per rank, by the alpha-beta model of
/// Thakur, Rabenseifner & Gropp (2005): the rounds of an algorithm pay for latency, the bytes that
/// each rank sends for bandwidth.
package struct AllreduceModel: Sendable {
  /// How ranks exchange what they sum.
  package enum Algorithm: String, Codable, Sendable, CaseIterable {
    /// Blocks go round twice: few bytes, many rounds.
    case ring
    /// Pairs exchange everything: many bytes, few rounds.
    case recursiveDoubling = "recursive-doubling"
    /// Pairs exchange halves, quarters and so on, and back: few bytes, few rounds.
    case rabenseifner
    /// The one of these that comes nearest to what Open MPI chooses by itself.
    case tuned
  }

  package var link: Link
  package var algorithm: Algorithm

  package init(over link: Link, algorithm: Algorithm = .tuned) {
    self.link = link
    self.algorithm = algorithm
  }

  /// Returns the predicted seconds for a buffer of `bytes` on each of `ranks`.
  package func seconds(bytes: Int, ranks: Int) -> Double {
    let cost = cost(bytes: bytes, ranks: ranks)
    return cost.rounds * link.latency + cost.sentBytes / link.bandwidth
  }

  /// Returns the rounds and the bytes that a rank sends in them.
  fileprivate func cost(bytes: Int, ranks: Int) -> (rounds: Double, sentBytes: Double) {
    guard ranks > 1 else { return (0, 0) }
    let (n, p) = (Double(bytes), Double(ranks))
    let doublings = log2(p).rounded(.up)
    return switch algorithm {
    case .ring: (2 * (p - 1), 2 * (p - 1) / p * n)
    case .recursiveDoubling: (doublings, doublings * n)
    case .rabenseifner: (2 * doublings, 2 * (p - 1) / p * n)
    case .tuned:
      AllreduceModel(over: link, algorithm: Self.tunedChoice(bytes: bytes, ranks: ranks))
        .cost(bytes: bytes, ranks: ranks)
    }
  }

  /// Returns which algorithm Open MPI 4.1 and 5 take by default for sums of floats.
  ///
  /// After the fixed rules of its component "tuned", with the algorithms that differ only for
  /// messages of some bytes taken for recursive doubling.
  package static func tunedChoice(bytes: Int, ranks: Int) -> Algorithm {
    let firstOfRabenseifner =
      switch ranks {
      case ..<4: 262_144
      case ..<16: 8192
      case ..<32: 4096
      case ..<64: 128
      case ..<256: 262_144
      case ..<512: 4096
      default: 16_384
      }
    if bytes < firstOfRabenseifner { return .recursiveDoubling }
    return ranks < 4096 ? .rabenseifner : .ring
  }
}

extension Link {
  /// Creates the link over which an allreduce of `ranks` ranks would take what was measured, for a
  /// short and for a long message, in seconds.
  /// - Returns: nil if that says nothing about a link: for one rank, or where the long message took
  ///   no longer than the short one.
  package init?(
    short: (bytes: Int, seconds: Double), long: (bytes: Int, seconds: Double), ranks: Int
  ) {
    guard ranks > 1, short.seconds > 0 else { return nil }
    let model = AllreduceModel(over: Link(latency: 0, bandwidth: .infinity))
    let (a, b) = model.cost(bytes: short.bytes, ranks: ranks)
    let (c, d) = model.cost(bytes: long.bytes, ranks: ranks)
    // Two messages, two unknowns.
    let determinant = a * d - b * c
    let latency = (short.seconds * d - long.seconds * b) / determinant
    let secondsPerByte = (long.seconds * a - short.seconds * c) / determinant
    guard secondsPerByte > 0 else { return nil }
    self.init(latency: max(0, latency), bandwidth: 1 / secondsPerByte)
  }
}
