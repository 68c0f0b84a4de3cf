import Files
import Foundation
import Testing

@Suite("A lock on a file")
struct FileLockTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test("is held by one at a time, who can leave word")
  func exclusion() throws {
    let path = folder.path("lock")
    let lock = try #require(try FileLock(acquiringIfFree: path))
    lock.leave(word: "mine")
    #expect(try FileLock(acquiringIfFree: path) == nil)
    #expect(FileLock.word(at: path) == "mine")

    var attempts = 0
    let next = try FileLock(acquiring: path) {
      attempts += 1
      lock.release()
    }
    #expect(attempts == 1)
    next.release()
    #expect(try folder.names.isEmpty)
  }

  @Test("is waited for no longer than who waits wants to")
  func givingUp() throws {
    struct Impatience: Error {}
    let path = folder.path("lock")
    let lock = try #require(try FileLock(acquiringIfFree: path))
    defer { lock.release() }
    #expect(throws: Impatience.self) { try FileLock(acquiring: path) { throw Impatience() } }
    #expect(try FileLock(acquiringIfFree: path) == nil)
  }

  @Test("says why where there can be none")
  func unavailable() {
    #expect(throws: SystemError(number: EISDIR)) { try FileLock(acquiringIfFree: folder.path) }
  }
}
