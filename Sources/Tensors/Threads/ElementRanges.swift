/// Calls `body` with ranges that cover `0..<count`, on all compute threads where there is enough to
/// do for them.
///
/// As for ``forEachRangeConcurrently(of:atLeast:_:)``, what is computed for an index must not
/// depend on the range it falls into.
/// - Parameter width: the number of elements behind each index, such as those of a row.
package func forEachElementRange(
  of count: Int, width: Int = 1, _ body: (Range<Int>) -> Void
) {
  // Ranges of narrow rows begin at multiples of a cache line, so that no two threads write to one;
  // where wide ones meet, the line in between is one of many.
  let line = width < 16 ? 16 >> max(1, width).trailingZeroBitCount : 1
  let elementsWorthACall = 1 << 14
  forEachRangeConcurrently(
    of: (count + line - 1) / line, atLeast: max(1, elementsWorthACall / max(1, line * width))
  ) {
    body($0.lowerBound * line..<min(count, $0.upperBound * line))
  }
}
