import CMPI
import Foundation

/// The sums that go on while a rank computes, and the thread that moves them on.
///
/// MPI works only while it is called. The thread calls it at short intervals and sleeps between
/// them, since the core belongs to the computation. Who waits for a sum moves it on as well: nobody
/// relies on being woken, and all is as well where the library lets one thread alone call it and
/// there is no such thread.
///
/// One lock is held whenever MPI is called, by the thread and by others. Libraries that allow
/// several calls at a time have been seen to deadlock in them (Open MPI's issue 11428). The inquiry
/// into a stall alone calls without it, since it is held by whoever is stuck in a call.
final class BackgroundSums: @unchecked Sendable {
  /// One of the sums; its outcome is guarded by the lock of all.
  final class Sum {
    fileprivate let handle: OpaquePointer
    fileprivate var outcome: Int32?

    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }

    /// Moves the sum on; an MPI error code once it has ended, 0 for success.
    fileprivate func advanced() -> Int32? {
      var isDone = false
      let code = cmpi_advance_sum(handle, &isDone)
      return isDone || code != 0 ? code : nil
    }
  }

  /// A fifth of a millisecond is 24 kB at 1 Gbit/s, which the system buffers many times over.
  private static let pauseInMicroseconds: UInt32 = 200

  private let condition = NSCondition()
  private var underway: [Sum] = []
  private var isStopped = false

  init(mayCallMPI: Bool, meter: WorkMeter) {
    guard mayCallMPI else { return }
    let thread = Thread { [self] in
      meter.ignoreThisThread()
      moveSums()
    }
    thread.name = "background sums"
    thread.start()
  }

  /// Makes calls to MPI while the thread makes none; sums go on inside of those that wait.
  func withoutThread(_ call: () -> Int32) -> Int32 {
    condition.lock()
    defer { condition.unlock() }
    return call()
  }

  /// Begins a sum: what it returns is an MPI error code, 0 for success, and what to wait for.
  func begin(_ call: (inout OpaquePointer?) -> Int32) -> (code: Int32, sum: Sum?) {
    condition.lock()
    defer { condition.unlock() }
    var handle: OpaquePointer?
    let code = call(&handle)
    guard code == 0, let handle else { return (code, nil) }
    let sum = Sum(handle)
    underway.append(sum)
    condition.signal()
    return (code, sum)
  }

  /// Returns when `sum` has ended: an MPI error code, 0 for success.
  func wait(for sum: Sum) -> Int32 {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let outcome = sum.outcome { return outcome }
      moveSumsOnce()
    }
  }

  /// Lets the thread end; nothing may be under way, so it does not call MPI any more.
  func stop() {
    condition.lock()
    isStopped = true
    condition.signal()
    condition.unlock()
  }

  private func moveSums() {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped {
      if underway.isEmpty { condition.wait() } else { moveSumsOnce() }
    }
  }

  /// Moves all sums on; where none has ended by it, unlocks and sleeps.
  private func moveSumsOnce() {
    for sum in underway { sum.outcome = sum.advanced() }
    let count = underway.count
    underway.removeAll { $0.outcome != nil }
    guard underway.count == count else { return }
    condition.unlock()
    usleep(Self.pauseInMicroseconds)
    condition.lock()
  }
}
