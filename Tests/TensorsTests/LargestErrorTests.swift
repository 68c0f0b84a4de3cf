import FixtureSupport
import Testing

@Suite("The comparison of numbers in tests")
struct LargestErrorTests {
  @Test("finds the largest error, wherever it is")
  func largest() {
    #expect(largestError(of: [1, 2, 3] as [Float], from: [1, 4, 2.5]) == 2)
    #expect(largestError(of: [1, .infinity], from: [3, Float.infinity]) == 2)
    #expect(largestError(of: [] as [Float], from: [Double]()) == 0)
  }

  @Test("takes what is not a number, or is missing, for the largest error of all", arguments: 0..<3)
  func notANumber(place: Int) {
    var numbers: [Float] = [1, 2, 3]
    numbers[place] = .nan
    #expect(largestError(of: numbers, from: [1, 2, 3]) == .infinity)
    #expect(largestError(of: [1, 2, 3], from: numbers) == .infinity)
    #expect(largestError(of: numbers.dropLast(), from: numbers) == .infinity)
  }
}
