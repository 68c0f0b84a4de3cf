import CMPI
import Foundation
import Wording

/// One rank of a job that an MPI launcher started.
///
/// Create one per process, and call `finish()` before the process ends: a launcher takes an exit
/// without it for a failure. A collective that does not complete within the stall timeout ends
/// the job, with a report on standard error of which ranks are missing and what they were doing. It
/// waits longer for ranks that are at work.
public final class MPICommunicator: Communicator, @unchecked Sendable {
  public let rank: Int
  public let size: Int
  public let localRank: Int
  public let localSize: Int
  public let hostName: String
  private let watchdog: Watchdog
  private let inquiry: StallInquiry
  private let backgroundSums: BackgroundSums
  private var hasFinished = false

  /// How long a collective may take before the job is ended, unless told otherwise: long enough
  /// for a disk or a network to come back. A rank that is decoding, evaluating or writing is never
  /// timed out.
  public static let defaultStallTimeout = Duration.seconds(300)

  /// The MPI library's name and version, such as `Open MPI v4.1.4, …`.
  public static var libraryVersion: String {
    text(capacity: 8192) { cmpi_library_version($0, $1) }
  }

  /// The MPI library's name and release alone, such as `Open MPI v4.1.4`.
  public static var libraryName: String {
    String(libraryVersion.prefix { $0 != "," && $0 != "\n" })
  }

  /// Starts MPI.
  ///
  /// The process ignores SIGPIPE from here on, so that a rank whose neighbour has died fails with
  /// an error instead of a second death that hides the first.
  ///
  /// - Parameters:
  ///   - stallTimeout: How long a collective may take while no rank that is missing is at work; the
  ///     job ends with exit code 70 after it. Where the start of MPI takes so long, it ends with
  ///     69.
  ///   - largestMessage: How many elements one MPI call carries at most; longer buffers are
  ///     split. The default is MPI's own limit.
  /// - Throws: `CollectiveError` where MPI cannot be started or was started before.
  public init(
    stallTimeout: Duration = MPICommunicator.defaultStallTimeout,
    largestMessage: Int = Int(Int32.max)
  ) throws {
    precondition(
      (1...Int(Int32.max)).contains(largestMessage), "a message has 1 to 2^31-1 elements")
    let host = ProcessInfo.processInfo.hostName
    guard !cmpi_is_initialized() else {
      throw CollectiveError(
        operation: "start of MPI", rank: 0, host: host, activity: "",
        reason: "MPI was already started in this process",
        advice: "create one MPICommunicator and share it")
    }
    signal(SIGPIPE, SIG_IGN)
    let meter = WorkMeter()
    let launch = Launch(environment: ProcessInfo.processInfo.environment)
    let inquiry = StallInquiry(
      rank: launch?.rank ?? 0, size: launch?.size ?? 1, timeout: stallTimeout)
    watchdog = Watchdog(
      timeout: stallTimeout, meter: meter, onTick: { inquiry.attend($0) },
      onStall: { inquiry.investigate($0) })
    self.inquiry = inquiry

    var world = cmpi_world()
    watchdog.begin("start of MPI")
    let code = cmpi_init(&world, Int32(largestMessage))
    watchdog.end()
    guard code == 0 else {
      watchdog.stop()
      throw CollectiveError(
        operation: "start of MPI", rank: Int(world.rank), host: host, activity: "",
        reason: Self.words(for: code), advice: Self.advice)
    }
    rank = Int(world.rank)
    size = Int(world.size)
    localRank = Int(world.local_rank)
    localSize = Int(world.local_size)
    hostName = Self.text(capacity: 256) { _ = cmpi_processor_name($0, $1) }
    inquiry.begin(rank: rank, size: size, mayCallMPI: world.any_thread)
    backgroundSums = BackgroundSums(mayCallMPI: world.any_thread, meter: meter)
    inquiry.learn(hosts: try allGather(hostName))
  }

  public var activity: String {
    get { watchdog.activity }
    set { watchdog.activity = newValue }
  }

  public func sum(_ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat) throws {
    try perform(format.sumName(count: buffer.count)) {
      cmpi_sum_float(buffer.baseAddress, Int64(buffer.count), format.code)
    }
  }

  public func beginSum(
    _ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat
  ) throws -> any PendingSum {
    let name = format.sumName(count: buffer.count)
    precondition(!hasFinished, "\(name) after finish()")
    let (code, sum) = backgroundSums.begin {
      cmpi_begin_sum(buffer.baseAddress, Int64(buffer.count), format.code, &$0)
    }
    try check(code, name)
    guard let sum else { preconditionFailure("MPI has begun \(name) without a handle") }
    return SumOfRanks(communicator: self, name: name, sum: sum)
  }

  /// The watchdog's eye is on the wait: while this rank computes, nobody can tell whether a sum is
  /// late.
  fileprivate func wait(for sum: BackgroundSums.Sum, _ name: String) throws {
    try watch(name) { backgroundSums.wait(for: sum) }
  }

  public func maximum(_ values: inout [Int64]) throws {
    try values.withUnsafeMutableBufferPointer { values in
      try perform("maximum of \(values.count.counted("integer"))") {
        cmpi_max_int64(values.baseAddress, Int64(values.count))
      }
    }
  }

  public func minimum(_ values: inout [Int64]) throws {
    try values.withUnsafeMutableBufferPointer { values in
      try perform("minimum of \(values.count.counted("integer"))") {
        cmpi_min_int64(values.baseAddress, Int64(values.count))
      }
    }
  }

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws {
    preconditionRank(root)
    try perform("broadcast of \(bytes.count.counted("byte")) from rank \(root)") {
      cmpi_broadcast(bytes.baseAddress, Int64(bytes.count), Int32(root))
    }
  }

  public func gather(_ bytes: UnsafeRawBufferPointer, to root: Int) throws -> [[UInt8]]? {
    preconditionRank(root)
    var gathered: [[UInt8]] = []
    try perform("gather to rank \(root)") {
      var counts = [Int64](repeating: 0, count: rank == root ? size : 0)
      let code = cmpi_gather_int64(Int64(bytes.count), &counts, Int32(root))
      guard code == 0 else { return code }
      guard rank == root else {
        return cmpi_send(bytes.baseAddress, Int64(bytes.count), Int32(root))
      }
      for (source, count) in counts.enumerated() {
        guard source != root else {
          gathered.append(Array(bytes))
          continue
        }
        var received = [UInt8](repeating: 0, count: Int(count))
        let code = cmpi_receive(&received, count, Int32(source))
        guard code == 0 else { return code }
        gathered.append(received)
      }
      return 0
    }
    return rank == root ? gathered : nil
  }

  public func barrier() throws {
    try perform("barrier") { cmpi_barrier() }
  }

  public func finish() throws {
    guard !hasFinished else { return }
    try perform("finish") { cmpi_barrier() }
    hasFinished = true
    backgroundSums.stop()
    inquiry.end()
    watchdog.begin("end of MPI")
    let code = backgroundSums.withoutThread { cmpi_finalize() }
    watchdog.end()
    watchdog.stop()
    try check(code, "end of MPI")
  }

  public func abort(code: Int32) -> Never {
    cmpi_abort(code)
  }

  /// Calls MPI under the watchdog's eye.
  private func perform(_ operation: String, _ call: () -> Int32) throws {
    try watch(operation) { backgroundSums.withoutThread(call) }
  }

  private func watch(_ operation: String, _ call: () -> Int32) throws {
    precondition(!hasFinished, "\(operation) after finish()")
    watchdog.begin(operation)
    let code = call()
    watchdog.end()
    try check(code, operation)
  }

  private func check(_ code: Int32, _ operation: String) throws {
    guard code != 0 else { return }
    throw CollectiveError(
      operation: operation, rank: rank, host: hostName, activity: activity,
      reason: Self.words(for: code), advice: Self.advice)
  }

  private func preconditionRank(_ root: Int) {
    precondition((0..<size).contains(root), "a job of \(size) ranks has no rank \(root)")
  }

  private static let advice =
    "check that every rank runs the same program with the same options and that the hosts reach "
    + "each other, then resume from the last checkpoint"

  private static func words(for code: Int32) -> String {
    text(capacity: 1024) { cmpi_error_string(code, $0, $1) }
  }

  private static func text(
    capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int) -> Void
  ) -> String {
    String(
      decoding: withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
        guard let start = buffer.baseAddress else { return [UInt8]() }
        fill(start, capacity)
        return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      }, as: UTF8.self)
  }
}

/// A sum that goes on in the background.
private struct SumOfRanks: PendingSum, @unchecked Sendable {
  let communicator: MPICommunicator
  let name: String
  let sum: BackgroundSums.Sum

  func wait() throws { try communicator.wait(for: sum, name) }
}

extension SumFormat {
  fileprivate var code: cmpi_format {
    switch self {
    case .float32: CMPI_FLOAT32
    case .bfloat16: CMPI_BFLOAT16
    }
  }
}
