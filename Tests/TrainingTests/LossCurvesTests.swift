import Foundation
import Testing
import Training

@Suite("The curves of several runs")
struct LossCurvesTests {

  @Test(
    "are called by the last parts of their paths, and by whole paths where two of these are alike",
    arguments: [
      (["runs/fast", "runs/plain/", "keras.csv"], ["fast", "plain", "keras"]),
      (["dcgan/fast", "paper/fast/"], ["dcgan/fast", "paper/fast/"]),
    ])
  func names(paths: [String], names: [String]) {
    #expect(LossCurves.names(of: paths) == names)
  }

  /// Reads the losses of a table.
  private func history(_ table: String) throws -> LossHistory {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).csv")
    try Data(table.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try LossHistory(readingFrom: file.path)
  }

  @Test("are read from tables of other programs, and averaged over epochs")
  func table() throws {
    let history = try history(
      "g_loss, epoch,d_loss,seconds\r\n1,0.5,3,x\r\n2,1,5,x\r\n4,1.5,7,x\r\n")
    #expect(history.points.map(\.generatorLoss) == [1, 2, 4])
    #expect(history.points.map(\.step) == [nil, nil, nil])
    let means = history.epochMeans
    #expect(means.map(\.epoch) == [1, 2])
    #expect(means.map(\.generatorLoss) == [1.5, 4])
    #expect(means.map(\.discriminatorLoss) == [4, 7])
    #expect(throws: TrainingError.self) {
      try LossCurves(of: [.generator], in: [("other", history)], against: .step)
    }
  }

  @Test(
    "are not read from what is no table of losses",
    arguments: [
      ("", "has no column epoch in its first line"),
      ("epoch,g_loss\n1,2\n", "has no column discriminator_loss or d_loss in its first line"),
      ("epoch,g_loss,d_loss\n", "holds no line of losses"),
      ("epoch,g_loss,d_loss\n1,2,3\n2,2\n", "line 3: column d_loss holds no number"),
    ])
  func noTable(text: String, sentence: String) throws {
    let error = #expect(throws: TrainingError.self) { try history(text) }
    #expect("\(try #require(error))".contains(sentence), "\(String(describing: error))")
  }
}
