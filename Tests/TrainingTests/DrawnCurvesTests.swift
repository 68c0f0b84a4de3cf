import Foundation
import Testing
import Training

extension ProgramTests {
  @Suite("the curves of a run")
  struct DrawnCurvesTests {
    private let program: Program

    init() throws {
      program = try Program()
    }

    /// One chart of an SVG document: where its named lines go, downwards from the top.
    private struct DrawnChart {
      var names: [String]
      var heights: [String: [Double]]
    }

    /// Reads the charts of `file`: each line has the colour of its name.
    private func charts(in file: String) throws -> [DrawnChart] {
      let text = try String(contentsOfFile: program.path(file), encoding: .utf8)
      return text.components(separatedBy: "<g transform").dropFirst().map { chart in
        var chart = chart[...]
        var lines: [String: [Double]] = [:]
        while let line = chart.firstMatch(of: #/points="([^"]*)" fill="none" stroke="([^"]*)"/#) {
          lines[String(line.2)] = line.1.split(separator: " ").compactMap {
            Double($0.split(separator: ",")[1])
          }
          chart = chart[line.range.upperBound...]
        }
        var drawn = DrawnChart(names: [], heights: [:])
        for name in chart.matches(of: #/font-weight="bold"[^>]*fill="([^"]*)">([^<]*)</#) {
          guard let heights = lines[String(name.1)] else { continue }
          drawn.names.append(String(name.2))
          drawn.heights[String(name.2)] = heights
        }
        return drawn
      }
    }

    /// Expects the lines of `chart` to be those of `values` on one axis that goes up.
    private func expect(
      _ chart: DrawnChart, toShow values: [(name: String, values: [Float])],
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      #expect(Set(chart.names) == Set(values.map(\.name)), sourceLocation: sourceLocation)
      var points: [(value: Double, height: Double)] = []
      for (name, values) in values {
        let heights = try #require(chart.heights[name], sourceLocation: sourceLocation)
        try #require(heights.count == values.count, sourceLocation: sourceLocation)
        points += zip(values.map(Double.init), heights).map { ($0, $1) }
      }
      points.sort { $0.value < $1.value }
      let (least, most) = (points[0], points[points.count - 1])
      #expect(least.height >= most.height, sourceLocation: sourceLocation)
      guard most.value > least.value else { return }
      let scale = (most.height - least.height) / (most.value - least.value)
      for point in points {
        let expected = least.height + scale * (point.value - least.value)
        #expect(abs(point.height - expected) < 0.1, "\(point)", sourceLocation: sourceLocation)
      }
    }

    private func train(_ options: [String]) throws -> [LossRecord] {
      let outcome = try program.train(into: "run", steps: 6, options)
      try #require(outcome.exitCode == 0, "\(outcome.standardError)")
      return program.records(of: "run")
    }

    @Test("show each quantity by its name, at its height")
    func probabilities() throws {
      let records = try train([])
      let stability = records.compactMap(\.stability)
      try #require(stability.count == 6)
      try expect(
        charts(in: "run/losses.svg")[0],
        toShow: [
          ("discriminator", records.map(\.discriminatorLoss)),
          ("generator", records.map(\.generatorLoss)),
        ])
      let charts = try charts(in: "run/stability.svg")
      try #require(charts.count == 4)
      try expect(
        charts[0],
        toShow: [
          ("discriminator", stability.compactMap(\.discriminatorGradientNorm)),
          ("generator", stability.compactMap(\.generatorGradientNorm)),
        ])
      try expect(
        charts[1],
        toShow: [("D(x)", records.map(\.realScore)), ("D(G(z))", records.map(\.fakeScore))])
      try expect(
        charts[2],
        toShow: [
          ("real", stability.map(\.realLogit)), ("generated", stability.map(\.fakeLogit)),
          ("difference", stability.map { $0.realLogit - $0.fakeLogit }),
        ])
      try expect(charts[3], toShow: [("real", stability.map(\.realSign))])
    }

    @Test("say nothing of probabilities where the discriminator gives none")
    func scores() throws {
      let stability = try train(["--model", "wgan-gp"]).compactMap(\.stability)
      let charts = try charts(in: "run/stability.svg")
      try #require(charts.count == 3)
      try expect(
        charts[1],
        toShow: [
          ("real", stability.map(\.realLogit)), ("generated", stability.map(\.fakeLogit)),
          ("difference", stability.map { $0.realLogit - $0.fakeLogit }),
        ])
      try expect(charts[2], toShow: [("penalty", stability.compactMap(\.penalty))])
    }

    @Test("show how often images are augmented, and attention's weight in both networks")
    func growing() throws {
      let stability = try train(["--model", "portrait"]).compactMap(\.stability)
      let charts = try charts(in: "run/stability.svg")
      try #require(charts.count == 5)
      try expect(charts[2], toShow: [("real", stability.map(\.realSign))])
      try expect(charts[3], toShow: [("p", stability.compactMap(\.augmentationProbability))])
      let names = ["discriminator", "generator"].map { "\($0).levels.1.attention.gamma" }
      try #require(stability.allSatisfy { $0.watched?.keys.sorted() == names })
      try expect(
        charts[4],
        toShow: names.map { name in (name, stability.compactMap { $0.watched?[name] }) })
    }

    @Test(
      "are told on the terminal by the same names", arguments: ["dcgan", "portrait", "wgan-gp"])
    func progress(model: String) throws {
      let outcome = try program.train(into: "run", steps: 1, ["--model", model])
      let words = outcome.standardOutput
      #expect(words.contains("  D(x) 0.") == (model == "dcgan"), "\(words)")
      #expect(words.contains("  logit(x) ") == (model != "dcgan"), "\(words)")
    }
  }
}
