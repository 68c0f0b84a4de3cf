import Collectives
import Foundation
import Testing

@Suite("A collective that does not complete")
struct StallTests {
  @Test("is noticed by the watchdog, with its number, name and activity")
  func noticed() {
    let stalled = DispatchSemaphore(value: 0)
    let watchdog = Watchdog(
      timeout: .milliseconds(100), onTick: { _ in },
      onStall: { watchdog in
        let standing = watchdog.standing
        #expect(standing.begun == 1 && standing.operation == "sum of 3 floats")
        #expect(standing.activity == "step 4")
        stalled.signal()
      })
    watchdog.activity = "step 4"
    watchdog.begin("sum of 3 floats")
    #expect(stalled.wait(timeout: .now() + 60) == .success)
    watchdog.end()
    watchdog.stop()
  }

  @Test("is not seen in collectives that do complete, nor in computing between them")
  func notSeen() {
    // The watchdog's own ticks drive it: twenty collectives of one tick each, then twenty ticks of
    // computing, each stretch twice the timeout.
    let ticks = DispatchSemaphore(value: 0)
    let watchdog = Watchdog(
      timeout: .milliseconds(100),
      onTick: { watchdog in
        watchdog.end()
        if watchdog.standing.begun < 20 { watchdog.begin("barrier") }
        ticks.signal()
      },
      onStall: { _ in Issue.record("the watchdog saw a stall") })
    for _ in 0..<40 { #expect(ticks.wait(timeout: .now() + 60) == .success) }
    watchdog.stop()
  }

  @Test("is reported with who waits, who is late and who is silent")
  func report() {
    let waiting = Watchdog.Standing(begun: 12, operation: "barrier", activity: "step 5")
    let report = StallReport(
      reporter: 0, standing: waiting, timeout: .seconds(900),
      hosts: ["a", "a", "b", "b", "c"],
      answers: [
        1: waiting, 2: waiting, 3: .init(begun: 11, activity: "step 5, loading images"),
      ])
    #expect(report.waiting == [0, 1, 2])
    #expect(report.late == [3])
    #expect(report.silent == [4])
    let lines = report.description.split(separator: "\n")
    #expect(
      lines[0] == "rank 0 of 5 on a: stalled: barrier (collective 12; step 5) "
        + "has not completed in 900 s.")
    #expect(lines[1] == "  waiting in it: ranks 0-2")
    #expect(
      lines[2] == "  missing: rank 3 on b, computing since collective 11; step 5, loading images")
    #expect(lines[3].hasPrefix("  missing: rank 4 on c, gives no answer"))
  }

  /// What rank 0 of two finds, which has waited for ten seconds.
  private func reportOnRankOne(_ standing: Watchdog.Standing) -> StallReport {
    StallReport(
      reporter: 0, standing: .init(begun: 12, operation: "barrier", activity: "step 5"),
      timeout: .seconds(10), hosts: ["a", "b"], answers: [1: standing])
  }

  @Test("is waited out while a rank that is missing is at work")
  func busy() {
    let report = reportOnRankOne(.init(begun: 11, activity: "decoding", idle: .seconds(4)))
    #expect(report.busy == [1] && report.isWorthWaiting)
    #expect(
      report.note == "rank 0 of 2 on a: barrier (collective 12; step 5) has taken 10 s and is "
        + "still waiting: the missing ranks are at work: rank 1 on b, computing since collective "
        + "11; decoding")
  }

  @Test(
    "is not waited out for a rank that is idle, does the same for ever, or waits itself",
    arguments: [
      Watchdog.Standing(begun: 11, idle: .seconds(5)),
      .init(begun: 11, unchanged: .seconds(120)),
      .init(begun: 11, operation: "barrier"),
      .init(begun: 12, operation: "sum of 3 floats"),
      .init(begun: 12, operation: "barrier"),
    ])
  func stuck(standing: Watchdog.Standing) {
    #expect(!reportOnRankOne(standing).isWorthWaiting)
  }

  @Test("says how long a rank has been idle")
  func idle() {
    let report = reportOnRankOne(.init(begun: 11, activity: "decoding", idle: .seconds(9.264)))
    #expect(
      report.description.contains(
        "missing: rank 1 on b, computing since collective 11, idle for 9.26 s; decoding\n"))
  }

  @Test("is not waited out when a rank is silent, whatever another does")
  func silentAndBusy() {
    let report = StallReport(
      reporter: 0, standing: .init(begun: 12, operation: "barrier"), timeout: .seconds(10),
      hosts: ["a", "b", "c"], answers: [1: .init(begun: 11)])
    #expect(report.busy == [1] && report.silent == [2])
    #expect(!report.isWorthWaiting)
  }

  @Test("is blamed on the network when every rank is in it")
  func nobodyMissing() {
    let waiting = Watchdog.Standing(begun: 3, operation: "barrier")
    let report = StallReport(
      reporter: 1, standing: waiting, timeout: .seconds(2), hosts: ["a", "b"],
      answers: [0: waiting])
    #expect(report.waiting == [0, 1])
    #expect(report.description.contains("No rank is missing: the network"))
  }

  @Test("is blamed on the program when ranks are in different collectives")
  func differentCollectives() {
    let report = StallReport(
      reporter: 0, standing: .init(begun: 3, operation: "barrier"), timeout: .seconds(2),
      hosts: ["a", "b", "c"],
      answers: [
        1: .init(begun: 3, operation: "sum of 5 floats", activity: "step 2"),
        2: .init(begun: 3, operation: "barrier"),
      ])
    #expect(report.waiting == [0, 2])
    #expect(report.astray == [1])
    #expect(
      report.description.contains(
        "elsewhere: rank 1 on b, in collective 3, sum of 5 floats; step 2"))
    #expect(report.description.contains("Ranks called different collectives"))
  }

  @Test(
    "is talked about in notes that survive the journey",
    arguments: [
      StallNote.question,
      .answer(.init(begun: 0)),
      .answer(.init(begun: 123_456, operation: "sum of 3 floats", activity: "step 9, größer")),
      .answer(
        .init(begun: 3, activity: "step 9", idle: .milliseconds(1500), unchanged: .seconds(9000))),
    ])
  func note(note: StallNote) {
    #expect(StallNote(bytes: note.bytes) == note)
  }

  @Test("is talked about in notes of at most 512 bytes, cut between characters")
  func longNote() throws {
    let long = String(repeating: "ü", count: 1000)
    let note = StallNote.answer(.init(begun: .max, operation: long, activity: "a\0" + long))
    #expect(note.bytes.count <= 512)
    let clipped = StallNote.answer(
      .init(
        begun: .max, operation: String(repeating: "ü", count: 80),
        activity: "a" + String(repeating: "ü", count: 139)))
    #expect(StallNote(bytes: note.bytes) == clipped)
  }

  @Test(
    "is not imagined from bytes that are no note",
    arguments: ["", "?x", "!", "!\01\02\0x\0\0", "!\01\0\0", "x"])
  func noNote(text: String) {
    #expect(StallNote(bytes: Array(text.utf8)) == nil)
  }

  @Test("names ranks as a person writes them")
  func rankList() {
    #expect("\(RankList([2]))" == "rank 2")
    #expect("\(RankList([3, 0, 1, 2, 7, 9, 8, 11, 12]))" == "ranks 0-3, 7-9, 11, 12")
  }
}
