import Collectives
import Foundation

/// How long a rank waits for the others before that is a stall: the program's second argument in
/// seconds, or three of them.
private let stallTimeout = Duration.seconds(
  CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 3)

/// Every collective, checked against what it means.
func checkCollectives() throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout * 10)
  try check(communicator, floatCounts: [0, 1, 7, 1021, 1_500_001])
  try finish(communicator)
}

/// The same with MPI calls of seven elements, as counts beyond MPI's limit are split.
func checkSplitMessages() throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout * 10, largestMessage: 7)
  try check(communicator, floatCounts: [0, 6, 7, 8, 14, 1000])
  try finish(communicator)
}

private func finish(_ communicator: MPICommunicator) throws {
  let (rank, size) = (communicator.rank, communicator.size)
  try communicator.finish()
  try communicator.finish()
  print("rank \(rank) of \(size): all as expected")
}

private func check(_ communicator: MPICommunicator, floatCounts: [Int]) throws {
  let (rank, size) = (communicator.rank, communicator.size)
  expect(communicator.localSize == size && communicator.localRank == rank, "one host", communicator)
  expect(!communicator.hostName.isEmpty, "a host name", communicator)

  for count in floatCounts {
    // Small whole numbers, so that the sum is exact in any order.
    var values = (0..<count).map { Float($0 % 100 + rank) }
    try communicator.sum(&values)
    let offset = size * (size - 1) / 2
    let isRight = values.indices.allSatisfy { values[$0] == Float($0 % 100 * size + offset) }
    expect(isRight, "sum of \(count) floats", communicator)

    var fractions = (0..<count).map { 1 / Float($0 + rank + 1) }
    try communicator.average(&fractions)
    let bits = fractions.withUnsafeBytes { Array($0) }
    expect(try communicator.broadcast(bits) == bits, "identical bits on all ranks", communicator)
  }

  try checkBackgroundSums(communicator, floatCounts: floatCounts)

  func integers(of rank: Int) -> [Int64] {
    let sign: Int64 = rank % 2 == 0 ? 1 : -1
    return (0..<20).map { sign * ($0 << 40) + Int64(rank) }
  }
  let all = (0..<size).map(integers)
  var largest = integers(of: rank)
  var smallest = largest
  try communicator.maximum(&largest)
  try communicator.minimum(&smallest)
  for index in 0..<20 {
    expect(largest[index] == all.map { $0[index] }.max(), "maximum", communicator)
    expect(smallest[index] == all.map { $0[index] }.min(), "minimum", communicator)
  }
  expect(try communicator.isTrueAnywhere(rank == size - 1), "true on one rank", communicator)
  expect(
    try communicator.isTrueEverywhere(rank != size - 1) == false, "false on one", communicator)

  for root in 0..<size {
    let sent = (0..<100_003).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ root) }
    let mine = rank == root ? sent : []
    expect(try communicator.broadcast(mine, from: root) == sent, "broadcast", communicator)
    let word = try communicator.broadcast("root \(rank), grüße", from: root)
    expect(word == "root \(root), grüße", "broadcast of a string", communicator)

    let bytes = [UInt8](repeating: UInt8(rank), count: rank * 1000)
    let gathered = try bytes.withUnsafeBytes { try communicator.gather($0, to: root) }
    let expected = (0..<size).map { [UInt8](repeating: UInt8($0), count: $0 * 1000) }
    expect(gathered == (rank == root ? expected : nil), "gather of unequal lengths", communicator)
  }
  let names = try communicator.allGather(String(repeating: "r", count: rank))
  expect(names == (0..<size).map { String(repeating: "r", count: $0) }, "allGather", communicator)
  try communicator.barrier()
}

/// All sums go on at once, beside a collective that does not wait for them.
private func checkBackgroundSums(_ communicator: MPICommunicator, floatCounts: [Int]) throws {
  let (rank, size) = (communicator.rank, communicator.size)
  for format in SumFormat.allCases {
    // Whole numbers up to 256 have no more than bfloat16's eight bits; one in eight is a fraction.
    func term(_ index: Int, of rank: Int) -> Float {
      index % 8 == 0 ? 1 / Float(index + rank + 3) : Float(index % 32 + rank)
    }
    let terms = floatCounts.map { count in (0..<count).map { term($0, of: rank) } }
    let buffers = terms.map { terms in
      let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: terms.count)
      _ = buffer.initialize(from: terms)
      return buffer
    }
    defer { buffers.forEach { $0.deallocate() } }
    let sums = try buffers.map { try communicator.beginSum($0, as: format) }
    expect(try communicator.maximum(rank) == size - 1, "a collective meanwhile", communicator)
    for sum in sums { try sum.wait() }

    for (terms, found) in zip(terms, buffers) {
      var blocking = terms
      try blocking.withUnsafeMutableBufferPointer { try communicator.sum($0, as: format) }
      let tolerance = format == .float32 ? 1e-6 : Double(size) / 256
      func isRight(_ sums: some Collection<Float>) -> Bool {
        zip(0..., sums).allSatisfy { index, sum in
          let exact = (0..<size).reduce(0) { $0 + Double(term(index, of: $1)) }
          return index % 8 == 0
            ? abs(Double(sum) - exact) <= tolerance * exact : Double(sum) == exact
        }
      }
      expect(isRight(found), "background sum of \(terms.count) floats as \(format)", communicator)
      expect(isRight(blocking), "sum of \(terms.count) floats as \(format)", communicator)
      if size == 2 {
        // One addition has no order.
        expect(Array(found) == blocking, "the bits of a blocking sum", communicator)
      }
      let bits = Array(UnsafeRawBufferPointer(found))
      expect(try communicator.broadcast(bits) == bits, "identical bits in background", communicator)
    }
  }
}

private func expect(_ isTrue: Bool, _ what: String, _ communicator: MPICommunicator) {
  guard isTrue else {
    communicator.abort(after: Unexpected(what: what), code: 1)
  }
}

private struct Unexpected: Error, CustomStringConvertible {
  var what: String
  var description: String { "unexpected result: \(what)" }
}

/// The last rank fails while the others wait for it.
func endTheJobFromOneRank() throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout * 10)
  communicator.activity = "step 3, generator"
  if communicator.rank == communicator.size - 1 {
    communicator.abort(after: Unexpected(what: "disk full"), code: 74)
  }
  try communicator.barrier()
}

/// Rank 1 expects fewer bytes than rank 0 sends, which MPI refuses.
func broadcastUnequalSizes() throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout * 10)
  communicator.activity = "step 3, weights"
  var bytes = [UInt8](repeating: 0, count: communicator.rank == 1 ? 50 : 100)
  do {
    try bytes.withUnsafeMutableBytes { try communicator.broadcast($0, from: 0) }
    try communicator.barrier()
  } catch {
    communicator.abort(after: error, code: 70)
  }
}

/// The last rank comes late, but within the stall timeout.
func arriveLate() throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout * 10)
  if communicator.rank == communicator.size - 1 { Thread.sleep(forTimeInterval: 1) }
  try communicator.barrier()
  try finish(communicator)
}

/// Rank 1 never comes to the sum, for the reason `excuse`, and the watchdog has to say so.
func stall(_ excuse: () -> Void) throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout)
  communicator.activity = "step 17, loading images"
  try communicator.barrier()
  if communicator.rank == 1 { excuse() }
  communicator.activity = "step 17, averaging gradients"
  var gradients = [Float](repeating: 1, count: 1000)
  try communicator.sum(&gradients)
  try communicator.finish()
}

/// Rank 1 comes to MPI's start late or never, for the reason `excuse`.
func startWithoutRankOne(_ excuse: () -> Void) throws {
  if Launch(environment: ProcessInfo.processInfo.environment)?.rank == 1 { excuse() }
  try finish(MPICommunicator(stallTimeout: stallTimeout))
}

/// Rank 1 comes to the barrier after thrice the stall timeout, and does `work` until then again and
/// again; it says so each time, unless the work takes the processor.
func stayAway(_ work: ([Double]) -> Void) throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout)
  communicator.activity = "step 17, checkpoint"
  if communicator.rank == 1 {
    let numbers = (0..<10_000).map(Double.init)
    let end = ContinuousClock.now + stallTimeout * 3
    var rounds = 0
    while ContinuousClock.now < end {
      work(numbers)
      rounds += 1
      if rounds < 1000 { communicator.activity = "writing, \(rounds) parts" }
    }
  }
  try communicator.barrier()
  try finish(communicator)
}

/// Rank 1 begins a sum with the others and then never waits for it, for the reason `excuse`; the
/// watchdog has to say so.
func stallInBackground(_ excuse: () -> Void) throws {
  let communicator = try MPICommunicator(stallTimeout: stallTimeout)
  communicator.activity = "step 17, discriminator"
  var numbers = [Float](repeating: 1, count: 5_000_000)
  try numbers.withUnsafeMutableBufferPointer { numbers in
    let sum = try communicator.beginSum(numbers, as: .float32)
    if communicator.rank == 1 { excuse() }
    try sum.wait()
  }
  communicator.activity = "step 17, generator"
  try communicator.barrier()
  try communicator.finish()
}

/// What `Launch` makes of the environment this process was started in.
func describeLaunch() throws {
  let communicator = try Launch.communicator()
  print("\(type(of: communicator)) rank \(communicator.rank) of \(communicator.size)")
  try communicator.finish()
}
