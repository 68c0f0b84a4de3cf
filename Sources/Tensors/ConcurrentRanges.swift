import Dispatch

/// Divides `0..<count` into as many ranges as matrix products have threads and calls `body` with
/// all of them at once; returns when the last is done.
///
/// What is computed for an index must not depend on the range it falls into: then results are the
/// same for any number of threads.
func forEachRangeConcurrently(of count: Int, _ body: (Range<Int>) -> Void) {
  let ranges = min(count, LinearAlgebraLibrary.threadCount)
  guard ranges > 1 else {
    if count > 0 { body(0..<count) }
    return
  }
  withoutActuallyEscaping(body) { body in
    // Ranges are disjoint, so are the parts of buffers that their calls write.
    nonisolated(unsafe) let body = body
    DispatchQueue.concurrentPerform(iterations: ranges) { index in
      body(count * index / ranges..<count * (index + 1) / ranges)
    }
  }
}
