import Foundation
import Synchronization
import Tensors
import Testing

@Suite("Compute threads", .serialized)
struct ComputeThreadsTests {
  /// Calls `body` with as many compute threads as asked for.
  private func with<R>(threads: Int, _ body: () throws -> R) rethrows -> R {
    let before = ComputeThreads.count
    ComputeThreads.count = threads
    defer { ComputeThreads.count = before }
    return try body()
  }

  @Test("every index is covered exactly once", arguments: [1, 2, 3, 8])
  func coversEveryIndexOnce(threads: Int) {
    with(threads: threads) {
      for (count, minimum) in [(0, 1), (1, 1), (7, 1), (1000, 1), (1000, 300), (5, 10)] {
        let visits = Mutex([Int](repeating: 0, count: count))
        forEachRangeConcurrently(of: count, atLeast: minimum) { range in
          visits.withLock { visits in for index in range { visits[index] += 1 } }
        }
        #expect(visits.withLock { $0.allSatisfy { $0 == 1 } }, "\(count) of at least \(minimum)")
      }
    }
  }

  @Test("the work is done by more than one thread")
  func sharesTheWork() {
    with(threads: 2) {
      let threads = Mutex<Set<ObjectIdentifier>>([])
      let deadline = ContinuousClock.now + .seconds(20)
      while threads.withLock(\.count) < 2 && ContinuousClock.now < deadline {
        forEachRangeConcurrently(of: 8) { _ in
          threads.withLock { _ = $0.insert(ObjectIdentifier(Thread.current)) }
          usleep(1000)
        }
      }
      #expect(threads.withLock(\.count) == 2)
    }
  }

  @Test("work inside of work, and from several threads at once, is all done")
  func nestsAndCollides() {
    with(threads: 3) {
      let total = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        for _ in 0..<200 {
          forEachRangeConcurrently(of: 5) { outer in
            forEachRangeConcurrently(of: 7) { inner in
              total.wrappingAdd(outer.count * inner.count, ordering: .relaxed)
            }
          }
        }
      }
      // The inner ranges of one outer range cover 7 indices, the outer ones 5.
      #expect(total.load(ordering: .relaxed) == 4 * 200 * 5 * 7)
    }
  }

  @Test("products and convolutions are the same to the last bit for any number of threads")
  func resultsDoNotDependOnThreads() {
    let stream = RandomStream(seed: 3, purpose: .initialization)
    func random(_ shape: [Int], _ step: UInt64) -> Tensor {
      Tensor(shape: shape) { stream.fillNormal($0, step: step) }
    }
    let pictures = random([6, 16, 16, 5], 0)
    let images = random([6, 16, 16, 32], 1)
    // Several blocks of pictures, which threads take as wholes.
    let large = random([64, 32, 32, 16], 6)
    let features = random([16, 16, 16, 64], 7)
    let (a, b) = (random([700, 90], 2), random([90, 300], 3))
    func results() -> [[Float]] {
      let halving = ConvolutionWindow(kernel: 4, stride: 2, padding: .all(1))
      let thin = random([4, 4, 5, 7], 4).variable()
      let keeping = ConvolutionWindow(kernel: 3, padding: .all(1))
      let wide = random([4, 4, 32, 48], 5).variable()
      let first = random([4, 4, 16, 32], 8).variable()
      let inner = random([3, 3, 64, 64], 9).variable()
      let colours = random([3, 3, 64, 3], 10).variable()
      return [a.matrixProduct(b).scalars]
        + [
          (pictures, thin, halving), (images, wide, halving), (large, first, halving),
          (features, inner, keeping), (features, colours, keeping),
        ].flatMap { input, weights, window in
          let x = input.variable()
          let y = x.convolved(with: weights, window: window)
          let gradients = gradient(of: y.squared().sum(), withRespectTo: [x, weights])
          return [y.scalars] + gradients.map(\.scalars)
        }
    }
    let single = with(threads: 1, results)
    #expect(with(threads: 2, results) == single)
    #expect(with(threads: 5, results) == single)
  }
}
