import Dispatch
import Synchronization

/// Returns `transform` of every item, in the items' order, at most `threads` of them at a time.
///
/// These are no compute threads, of which there may be fewer: the rank of a host that decodes may
/// use the cores of those that wait for it. Each takes the next item when it is done with one, as
/// files take unlike times.
func mapInThreads<Item: Sendable, Output: Sendable>(
  _ items: [Item], threads: Int, _ transform: @Sendable (Item) -> Output
) -> [Output] {
  precondition(threads > 0, "Work needs at least one thread.")
  let next = Atomic(0)
  let outputs = Mutex([Output?](repeating: nil, count: items.count))
  DispatchQueue.concurrentPerform(iterations: min(threads, items.count)) { _ in
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < items.count else { return }
      let output = transform(items[index])
      outputs.withLock { $0[index] = output }
    }
  }
  return outputs.withLock { $0.compactMap(\.self) }
}
