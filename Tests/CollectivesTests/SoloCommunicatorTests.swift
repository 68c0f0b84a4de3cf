import Collectives
import Testing

@Suite("A job of one rank")
struct SoloCommunicatorTests {
  let communicator = SoloCommunicator()

  @Test("is rank 0 of 1 on a named host")
  func place() {
    #expect(communicator.rank == 0 && communicator.size == 1 && communicator.isRoot)
    #expect(communicator.localRank == 0 && communicator.localSize == 1)
    #expect(!communicator.hostName.isEmpty)
  }

  @Test("leaves every value as it is")
  func identity() throws {
    let communicator: any Communicator = communicator
    var floats: [Float] = [1.5, -2, .infinity]
    try communicator.sum(&floats)
    try communicator.average(&floats)
    #expect(floats == [1.5, -2, .infinity])
    var integers: [Int64] = [.min, 0, .max]
    try communicator.maximum(&integers)
    try communicator.minimum(&integers)
    #expect(integers == [.min, 0, .max])
    #expect(try communicator.broadcast("grüße") == "grüße")
    #expect(try communicator.broadcast(["a": 1]) == ["a": 1])
    #expect(try communicator.allGather("one") == ["one"])
    #expect(try communicator.allGather([UInt8]()) == [[]])
    #expect(try communicator.maximum(-7) == -7)
    try communicator.barrier()
    try communicator.finish()
  }

  @Test("remembers what it is doing")
  func activity() {
    communicator.activity = "step 5, generator"
    #expect(communicator.activity == "step 5, generator")
  }
}
