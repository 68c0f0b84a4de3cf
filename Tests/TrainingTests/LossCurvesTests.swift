import Testing
import Training

@Suite("The curves of several runs")
struct LossCurvesTests {
  @Test(
    "are called by the folders of the runs, and by their paths where two folders are called alike",
    arguments: [
      (["runs/fast", "runs/plain/"], ["fast", "plain"]),
      (["dcgan/fast", "paper/fast/"], ["dcgan/fast", "paper/fast/"]),
    ])
  func names(folders: [String], names: [String]) {
    #expect(LossCurves.names(of: folders) == names)
  }
}
