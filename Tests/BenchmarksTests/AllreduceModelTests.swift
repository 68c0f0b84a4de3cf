import Benchmarks
import Testing

@Suite("The model of an allreduce")
struct AllreduceModelTests {
  /// One second a round, one second a byte: a time is the sum of both counts.
  private let unit = Link(latency: 1, bandwidth: 1)

  private func seconds(_ algorithm: AllreduceModel.Algorithm, bytes: Int, ranks: Int) -> Double {
    AllreduceModel(over: unit, algorithm: algorithm).seconds(bytes: bytes, ranks: ranks)
  }

  @Test("agrees with rounds and bytes counted by hand")
  func byHand() {
    // Ring of 4: 6 rounds, each of a quarter.
    #expect(seconds(.ring, bytes: 100, ranks: 4) == 6 + 150)
    // Doubling on 8: 3 rounds, each of everything.
    #expect(seconds(.recursiveDoubling, bytes: 100, ranks: 8) == 3 + 300)
    // Halving and back on 8: 6 rounds, twice 1/2 + 1/4 + 1/8 of everything.
    #expect(seconds(.rabenseifner, bytes: 100, ranks: 8) == 6 + 175)
    // Between powers of two, as many rounds as for the next.
    #expect(seconds(.recursiveDoubling, bytes: 100, ranks: 5) == 3 + 300)
  }

  @Test("takes no time for one rank", arguments: AllreduceModel.Algorithm.allCases)
  func oneRank(algorithm: AllreduceModel.Algorithm) {
    #expect(seconds(algorithm, bytes: 1 << 20, ranks: 1) == 0)
  }

  @Test(
    "takes longer for more bytes, more ranks and worse links",
    arguments: AllreduceModel.Algorithm.allCases)
  func monotonous(algorithm: AllreduceModel.Algorithm) {
    func seconds(bytes: Int, ranks: Int, latency: Double = 1e-5, bandwidth: Double = 1e9) -> Double
    {
      AllreduceModel(
        over: Link(latency: latency, bandwidth: bandwidth), algorithm: algorithm
      ).seconds(bytes: bytes, ranks: ranks)
    }
    for ranks in [2, 3, 8, 100, 1024] {
      let time = seconds(bytes: 12 << 20, ranks: ranks)
      #expect(seconds(bytes: 24 << 20, ranks: ranks) > time)
      #expect(seconds(bytes: 12 << 20, ranks: 2 * ranks) > time)
      #expect(seconds(bytes: 12 << 20, ranks: ranks, latency: 2e-5) > time)
      #expect(seconds(bytes: 12 << 20, ranks: ranks, bandwidth: 5e8) > time)
    }
  }

  @Test("chooses few rounds for short messages and few bytes for long ones, as Open MPI does")
  func choice() {
    for ranks in [2, 4, 24, 64, 300, 1024] {
      #expect(AllreduceModel.tunedChoice(bytes: 4, ranks: ranks) == .recursiveDoubling)
      #expect(AllreduceModel.tunedChoice(bytes: 12 << 20, ranks: ranks) == .rabenseifner)
    }
    #expect(AllreduceModel.tunedChoice(bytes: 100_000, ranks: 2) == .recursiveDoubling)
    #expect(AllreduceModel.tunedChoice(bytes: 100_000, ranks: 8) == .rabenseifner)
    #expect(AllreduceModel.tunedChoice(bytes: 12 << 20, ranks: 5000) == .ring)
    #expect(
      seconds(.tuned, bytes: 12 << 20, ranks: 8)
        == seconds(.rabenseifner, bytes: 12 << 20, ranks: 8))
  }

  @Test("finds the link again that two times were predicted for", arguments: [2, 3, 4, 16])
  func fit(ranks: Int) throws {
    let link = Link(latency: 30e-6, bandwidth: 1.25e9)
    let model = AllreduceModel(over: link)
    func measured(_ bytes: Int) -> (bytes: Int, seconds: Double) {
      (bytes, model.seconds(bytes: bytes, ranks: ranks))
    }
    let found = try #require(Link(short: measured(4), long: measured(25_000_000), ranks: ranks))
    #expect(abs(found.latency / link.latency - 1) < 1e-6)
    #expect(abs(found.bandwidth / link.bandwidth - 1) < 1e-6)
  }

  @Test("finds no link where nothing was sent, or a long message was as quick as a short one")
  func noFit() {
    #expect(Link(short: (4, 1e-6), long: (1 << 20, 1e-3), ranks: 1) == nil)
    #expect(Link(short: (4, 1e-6), long: (1 << 20, 1e-6), ranks: 4) == nil)
    #expect(Link(short: (4, 0), long: (1 << 20, 1e-6), ranks: 4) == nil)
  }
}
