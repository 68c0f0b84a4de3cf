import Benchmarks
import Testing

@Suite("The parts of a report")
struct ReportPartsTests {
  @Test(
    "are medians between extremes",
    arguments: [([3, 1, 2], 2), ([4, 1, 3, 2], 2.5), ([7], 7)] as [([Double], Double)])
  func spread(samples: [Double], median: Double) throws {
    let spread = Spread(samples)
    #expect(spread.median == median)
    #expect(spread.least == samples.min())
    #expect(spread.greatest == samples.max())
  }

  @Test("tell how much memory this process has taken", .enabled(if: ProcessMemory.peakBytes != nil))
  func memory() throws {
    let before = try #require(ProcessMemory.peakBytes)
    let block = [UInt8](repeating: 1, count: before)
    let after = try #require(ProcessMemory.peakBytes)
    #expect(after >= block.count)
    #expect(after > before)
  }
}
