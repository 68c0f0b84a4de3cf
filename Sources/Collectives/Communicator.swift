/// The ranks of one job, as one of them sees them.
///
/// A rank is one process of the job (or, in tests, one thread). Collective operations must be
/// called by every rank, in the same order and with the same sizes; each returns when this rank's
/// part is done. Calls come from one thread at a time, and all but `beginSum` are blocking.
public protocol Communicator: AnyObject, Sendable {
  /// This rank's number, from 0 to `size - 1`.
  var rank: Int { get }
  /// The number of ranks in the job.
  var size: Int { get }
  /// This rank's number among the ranks on the same host.
  var localRank: Int { get }
  /// The number of ranks on this host.
  var localSize: Int { get }
  /// The name of the host this rank runs on.
  var hostName: String { get }
  /// What this rank is doing, in words, such as `step 120, discriminator`.
  ///
  /// Errors and the watchdog's report quote it, so set it wherever the phase changes.
  var activity: String { get set }

  /// Replaces every element, on every rank, by its sum over all ranks.
  ///
  /// All ranks receive the same bits.
  func sum(_ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat) throws
  /// Begins to do so, and returns while it goes on.
  ///
  /// Other collectives may be called meanwhile. `buffer` must stay where it is, and be neither read
  /// nor written, until `wait()` of the result has returned.
  func beginSum(
    _ buffer: UnsafeMutableBufferPointer<Float>, as format: SumFormat
  ) throws -> any PendingSum
  /// Replaces every element, on every rank, by its maximum over all ranks.
  func maximum(_ values: inout [Int64]) throws
  /// Replaces every element, on every rank, by its minimum over all ranks.
  func minimum(_ values: inout [Int64]) throws
  /// Replaces `bytes` on every rank by those of `root`; the length is the same on every rank.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws
  /// Collects every rank's bytes, in rank order, on `root`; lengths may differ.
  ///
  /// - Returns: One array per rank on `root`, `nil` on every other rank.
  func gather(_ bytes: UnsafeRawBufferPointer, to root: Int) throws -> [[UInt8]]?
  /// Returns when every rank has called it.
  func barrier() throws

  /// Leaves the job in good order, after waiting for every rank to do the same.
  ///
  /// Nothing may be called on this communicator afterwards; a second `finish()` does nothing.
  func finish() throws
  /// Ends every rank of the job at once with the exit code `code`.
  func abort(code: Int32) -> Never
}
