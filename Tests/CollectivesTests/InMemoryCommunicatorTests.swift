import Collectives
import CollectivesSupport
import Foundation
import Testing

@Suite("A job whose ranks are threads")
struct InMemoryCommunicatorTests {
  @Test("numbers its ranks and returns outcomes in rank order", arguments: [1, 2, 3, 4, 7])
  func ranks(size: Int) throws {
    let places = try InMemoryCommunicator.run(ranks: size) { [$0.rank, $0.size, $0.localRank] }
    #expect(places == (0..<size).map { [$0, size, $0] })
  }

  @Test("can pretend to have several hosts")
  func hosts() throws {
    let places = try InMemoryCommunicator.run(ranks: 5, ranksPerHost: 2) {
      "\($0.hostName) \($0.localRank)/\($0.localSize)"
    }
    #expect(places == ["host0 0/2", "host0 1/2", "host1 0/2", "host1 1/2", "host2 0/1"])
  }

  @Test("adds in rank order, so that all ranks and all runs have the same bits")
  func sumInRankOrder() throws {
    // Not associative on purpose: (1e8 + 1) - 1e8 is 0 in single precision, 1e8 - 1e8 + 1 is 1.
    let terms: [[Float]] = [[1e8, 0.1], [1, 0.2], [-1e8, 0.3]]
    let sums = try InMemoryCommunicator.run(ranks: 3) { communicator in
      var values = terms[communicator.rank]
      try communicator.sum(&values)
      return values
    }
    let expected: [Float] = [(1e8 + 1) - 1e8, (0.1 + 0.2) + 0.3]
    #expect(sums == [expected, expected, expected])
  }

  @Test("adds in the background, in rank order")
  func backgroundSum() throws {
    @Sendable func term(_ index: Int, of rank: Int) -> Float { 1 / Float(index + rank + 1) }
    let sums = try InMemoryCommunicator.run(ranks: 3) { communicator in
      var numbers = (0..<40).map { term($0, of: communicator.rank) }
      try numbers.withUnsafeMutableBufferPointer { numbers in
        let halves = try [0..<13, 13..<40].map {
          try communicator.beginSum(.init(rebasing: numbers[$0]), as: .float32)
        }
        for half in halves { try half.wait() }
      }
      return numbers
    }
    let expected = (0..<40).map { (term($0, of: 0) + term($0, of: 1)) + term($0, of: 2) }
    #expect(sums == [expected, expected, expected])
  }

  @Test("adds as bfloat16 what it has rounded, and rounds again")
  func sumAsBFloat16() throws {
    // In eight bits 1 + 2⁻⁸ is 1, 257 is 256, and 256 + 3 is 260 since 259 lies between 258 and
    // 260.
    let terms: [[Float]] = [[1 + 0x1p-8, 257, 256], [2, 0, 3]]
    let sums = try InMemoryCommunicator.run(ranks: 2) { communicator in
      var values = terms[communicator.rank]
      try values.withUnsafeMutableBufferPointer { try communicator.sum($0, as: .bfloat16) }
      return values
    }
    #expect(sums == [[3, 256, 260], [3, 256, 260]])
  }

  @Test("averages", arguments: [1, 2, 3, 4])
  func average(size: Int) throws {
    let means = try InMemoryCommunicator.run(ranks: size) { communicator in
      var values = (0..<1021).map { Float($0 * 4 + communicator.rank * 2) }
      try communicator.average(&values)
      return values
    }
    let expected = (0..<1021).map { Float($0 * 4 + size - 1) }
    for mean in means {
      #expect(zip(mean, expected).allSatisfy { abs($0 - $1) <= abs($1) * 1e-6 })
      #expect(mean == means[0])
    }
  }

  @Test("accepts buffers without elements")
  func noElements() throws {
    _ = try InMemoryCommunicator.run(ranks: 3) { communicator throws in
      var floats: [Float] = []
      try communicator.sum(&floats)
      var integers: [Int64] = []
      try communicator.maximum(&integers)
      #expect(try communicator.broadcast("") == "")
      #expect(try communicator.allGather([UInt8]()) == [[], [], []])
    }
  }

  @Test("finds the largest and the smallest, element by element")
  func extremes() throws {
    _ = try InMemoryCommunicator.run(ranks: 3) { communicator throws in
      let mine: [[Int64]] = [[.min, 5, 0], [.max, -5, 0], [0, 7, 0]]
      var largest = mine[communicator.rank]
      var smallest = largest
      try communicator.maximum(&largest)
      try communicator.minimum(&smallest)
      #expect(largest == [.max, 7, 0])
      #expect(smallest == [.min, -5, 0])
      #expect(try communicator.isTrueAnywhere(communicator.rank == 2))
      #expect(try !communicator.isTrueAnywhere(false))
      #expect(try communicator.isTrueEverywhere(true))
      #expect(try !communicator.isTrueEverywhere(communicator.rank != 1))
    }
  }

  struct Settings: Codable, Equatable {
    var name: String
    var rate: Float
  }

  @Test("hands the root's bytes, strings and values to all", arguments: [0, 1, 2])
  func broadcast(root: Int) throws {
    _ = try InMemoryCommunicator.run(ranks: 3) { communicator throws in
      let rank = communicator.rank
      let bytes = [UInt8](repeating: UInt8(rank), count: 10 + rank)
      #expect(
        try communicator.broadcast(bytes, from: root)
          == [UInt8](repeating: UInt8(root), count: 10 + root))
      #expect(try communicator.broadcast("r\(rank)", from: root) == "r\(root)")
      let settings = Settings(name: "dcgan \(rank)", rate: 2e-4)
      #expect(
        try communicator.broadcast(settings, from: root)
          == Settings(name: "dcgan \(root)", rate: 2e-4))
      #expect(try communicator.broadcast(Double.infinity, from: root) == .infinity)
    }
  }

  @Test("collects bytes of different lengths on the root alone", arguments: [0, 2])
  func gather(root: Int) throws {
    let gathered = try InMemoryCommunicator.run(ranks: 3) { communicator in
      let rank = communicator.rank
      let bytes = [UInt8](repeating: UInt8(rank + 1), count: rank)
      return try bytes.withUnsafeBytes { try communicator.gather($0, to: root) }
    }
    for rank in 0..<3 {
      #expect(gathered[rank] == (rank == root ? [[], [2], [3, 3]] : nil))
    }
  }

  @Test("gives every rank all strings")
  func allGather() throws {
    let gathered = try InMemoryCommunicator.run(ranks: 4) { communicator in
      try communicator.allGather(String(repeating: "ü", count: communicator.rank))
    }
    #expect(gathered == Array(repeating: ["", "ü", "üü", "üüü"], count: 4))
  }

  @Test("tells every rank which ranks differ from rank 0")
  func differingRanks() throws {
    let answers = try InMemoryCommunicator.run(ranks: 4) { communicator in
      [
        try communicator.ranksThatDiffer(in: "the same"),
        try communicator.ranksThatDiffer(in: communicator.rank % 2 == 1 ? "odd" : "even"),
      ]
    }
    #expect(answers == Array(repeating: [[], [1, 3]], count: 4))
  }

  @Test("holds every rank at a barrier until the last has come")
  func barrier() throws {
    let arrived = Arrivals()
    let seen = try InMemoryCommunicator.run(ranks: 4) { communicator in
      try (1...50).map { round in
        arrived.add(1)
        try communicator.barrier()
        let count = arrived.count
        try communicator.barrier()
        return count == 4 * round
      }
    }
    #expect(seen.allSatisfy { $0.allSatisfy { $0 } })
  }

  @Test("fails, naming the rank, when a rank's thread ends early")
  func earlyEnd() throws {
    let error = #expect(throws: CollectiveError.self) {
      try InMemoryCommunicator.run(ranks: 3) { communicator in
        communicator.activity = "step 9"
        if communicator.rank == 1 { return }
        try communicator.barrier()
      }
    }
    #expect(error?.reason == "rank 1 has left and will not take part")
    #expect(error?.operation == "barrier")
    #expect(error?.activity == "step 9")
  }

  @Test("throws the error of the rank that failed first, not its consequences")
  func firstError() {
    struct DiskFull: Error {}
    #expect(throws: DiskFull.self) {
      try InMemoryCommunicator.run(ranks: 4) { communicator in
        try communicator.barrier()
        if communicator.rank == 2 { throw DiskFull() }
        try communicator.barrier()
      }
    }
  }

  @Test("fails when ranks call different collectives")
  func differentCollectives() {
    let error = #expect(throws: CollectiveError.self) {
      try InMemoryCommunicator.run(ranks: 2) { communicator in
        var values = [Float](repeating: 0, count: 3 + communicator.rank)
        try communicator.sum(&values)
      }
    }
    #expect(
      error?.reason
        == "ranks called different collectives: rank 0 sum of 3 floats, rank 1 sum of 4 floats")
  }

  @Test("fails when a rank is later than the stall timeout")
  func lateRank() {
    let release = DispatchSemaphore(value: 0)
    let error = #expect(throws: CollectiveError.self) {
      try InMemoryCommunicator.run(ranks: 2, stallTimeout: .milliseconds(50)) { communicator in
        if communicator.rank == 1 { release.wait() }
        defer { release.signal() }
        try communicator.barrier()
      }
    }
    #expect(error?.reason == "rank 1 did not arrive within 0.05 s")
  }

  @Test("finishes together, and once is enough")
  func finish() throws {
    _ = try InMemoryCommunicator.run(ranks: 3) { communicator throws in
      try communicator.finish()
      try communicator.finish()
    }
  }
}

private final class Arrivals: @unchecked Sendable {
  private let lock = NSLock()
  private var total = 0

  func add(_ count: Int) { lock.withLock { total += count } }
  var count: Int { lock.withLock { total } }
}
