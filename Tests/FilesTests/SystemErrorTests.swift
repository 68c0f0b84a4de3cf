import Files
import Foundation
import Testing

@Suite("What the system says")
struct SystemErrorTests {
  @Test("of the call that has just failed")
  func last() {
    #expect(open("/missing/file", O_RDONLY) < 0)
    let error = SystemError.last
    #expect(error == SystemError(number: ENOENT))
    #expect("\(error)" == "No such file or directory")
  }

  @Test("is found behind the errors of Foundation")
  func foundation() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "file")
    let files = FileManager.default
    for (work, reason) in [
      ({ _ = try files.contentsOfDirectory(atPath: "/missing") }, "No such file or directory"),
      (
        {
          try files.createDirectory(
            atPath: folder.path("file/below"), withIntermediateDirectories: true)
        }, "Not a directory"
      ),
      ({ throw SystemError(number: ENOSPC) }, "No space left on device"),
    ] as [(() throws -> Void, String)] {
      do {
        try work()
        Issue.record("nothing was refused")
      } catch {
        #expect(systemReason(of: error) == reason)
      }
    }
  }
}
