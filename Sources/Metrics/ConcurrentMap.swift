import Tensors

/// Returns what `body` makes of every number below `count`, computed on all compute threads.
func concurrentMap<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
  var results = [Result?](repeating: nil, count: count)
  results.withUnsafeMutableBufferPointer { results in
    forEachRangeConcurrently(of: count) { range in
      for index in range { results[index] = body(index) }
    }
  }
  return results.compactMap { $0 }
}
