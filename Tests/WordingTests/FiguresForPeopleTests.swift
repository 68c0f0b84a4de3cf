import Testing
import Wording

@Suite("figures for people")
struct FiguresForPeopleTests {
  @Test("count one thing in the singular, and none or several in the plural")
  func counts() {
    #expect(
      [0, 1, 2, 1000].map { $0.counted("step") } == ["0 steps", "1 step", "2 steps", "1000 steps"])
    #expect(1.counted("batch", plural: "batches") == "1 batch")
    #expect(3.counted("batch", plural: "batches") == "3 batches")
    #expect(1.counted("image", grouped: true) == "1 image")
    #expect(64_000.counted("image", grouped: true) == "64,000 images")
  }

  @Test("have commas between groups of three digits")
  func grouping() {
    #expect(
      [0, 999, 1000, 1_234_567, -12_345].map(\.grouped) == [
        "0", "999", "1,000", "1,234,567", "-12,345",
      ])
  }

  @Test(
    "give times in two units at most",
    arguments: [
      (-1, "0 s"), (59.4, "59 s"), (59.5, "1 min 00 s"), (3599.4, "59 min 59 s"),
      (7500, "2 h 05 min"), (86_400, "1 d 00 h"),
    ])
  func durations(seconds: Double, text: String) {
    #expect(durationText(seconds) == text)
  }
}
