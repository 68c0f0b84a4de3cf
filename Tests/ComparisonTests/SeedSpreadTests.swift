import Comparison
import Testing

@Suite("The spread over seeds")
struct SeedSpreadTests {
  @Test("is the mean, and half of the distance between the lowest and the highest")
  func several() throws {
    let spread = try #require(SeedSpread(of: [1, 2, 6]))
    #expect((spread.mean, spread.lowest, spread.highest) == (3, 1, 6))
    #expect(spread.text(decimals: 1) == "3.0 ± 2.5")
  }

  @Test("of a single run is its value; of none there is none")
  func fewer() {
    #expect(SeedSpread(of: [1.25])?.text(decimals: 2) == "1.25")
    #expect(SeedSpread(of: []) == nil)
  }
}
