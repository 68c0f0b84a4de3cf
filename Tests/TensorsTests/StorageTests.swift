import Foundation
import Tensors
import Testing

// What the pool holds belongs to the whole process, where other tests run at the same time. So
// these tests look at amounts that others together do not come near; most of it is never
// written to, and therefore not there.
@Suite("Storage", .serialized)
struct StorageTests {
  private static let large = [1 << 25]
  private static let bytes = 4 << 25
  private static let slack = 4 << 24

  @Test("a tensor's memory returns to the pool with its last owner")
  func release() {
    let before = StorageStatistics.current.bytesInUse
    var tensor: Tensor? = Tensor(shape: Self.large) { $0[0] = 7 }
    let view = tensor?.sliced(0..<4).reshaped(to: [2, 2])
    tensor = nil
    #expect(StorageStatistics.current.bytesInUse - before > Self.bytes - Self.slack)
    withExtendedLifetime(view) { #expect($0?.scalars[0] == 7) }
  }

  @Test("memory that was given back is used again")
  func reuse() {
    do { _ = Tensor(shape: Self.large) { $0[0] = 1 } }
    let allocated = StorageStatistics.current.bytesAllocated
    for _ in 0..<20 { _ = Tensor(shape: Self.large) { $0[0] = 1 } }
    #expect(StorageStatistics.current.bytesAllocated - allocated < 4 * Self.bytes)
    #expect(StorageStatistics.current.peakBytesInUse >= Self.bytes)
  }

  @Test("a history goes with its result, and takes its memory along")
  func history() {
    let before = StorageStatistics.current.bytesInUse
    // 32 times 4 MiB, if a single tensor of each round stayed behind.
    for _ in 0..<32 {
      let x = Tensor(repeating: 1, shape: [1 << 20]).variable()
      let y = ((x + 1) * x).reshaped(to: [1 << 5, 1 << 15]).squared().leakyReLU(slope: 0.2)
      let slope = gradient(of: y.mean(), withRespectTo: [x], differentiable: true)[0]
      let curvature = gradient(of: slope.squared().sum(), withRespectTo: [x])[0]
      #expect(slope.isTracked && curvature.count == x.count)
    }
    #expect(StorageStatistics.current.bytesInUse - before < Self.slack)
  }

  @Test("blocks of every size are aligned to a cache line and hold their elements")
  func alignment() {
    for count in [0, 1, 127, 128, 129, 1000, 4096, 100_003, 1 << 20] {
      let tensor = Tensor(shape: [count]) { buffer in
        for index in buffer.indices { buffer[index] = Float(index) }
      }
      tensor.withScalars { scalars in
        #expect(Int(bitPattern: scalars.baseAddress) % 64 == 0)
        #expect(scalars.count == count && scalars.last == (count > 0 ? Float(count - 1) : nil))
      }
    }
  }

  @Test("memory that the system refuses ends the process with a message that says what to do")
  func exhaustion() async {
    let results = [
      // More than the addresses of any processor.
      await #expect(processExitsWith: .exitCode(69), observing: [\.standardErrorContent]) {
        _ = Tensor(shape: [1 << 46]) { _ in }
      },
      // Addresses enough, but no memory behind them.
      await #expect(processExitsWith: .exitCode(69), observing: [\.standardErrorContent]) {
        var limit = rlimit(rlim_cur: 1 << 28, rlim_max: 1 << 28)
        #expect(setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0)
        _ = Tensor(shape: [1 << 28]) { _ in }
      },
    ]
    for result in results {
      let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(message.contains("out of memory: the system refused "))
      #expect(message.contains("smaller --batch-size or more ranks"))
    }
  }

  @Test("a tensor whose making fails gives its memory back")
  func failure() {
    struct Refusal: Error {}
    let before = StorageStatistics.current.bytesInUse
    #expect(throws: Refusal.self) {
      try Tensor(shape: Self.large) { _ in throw Refusal() }
    }
    #expect(StorageStatistics.current.bytesInUse - before < Self.slack)
  }
}
