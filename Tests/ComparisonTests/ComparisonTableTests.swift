import Comparison
import Foundation
import Testing

@Suite("The table of a comparison")
struct ComparisonTableTests {
  private func table(portraitSeeds: [UInt64] = [1, 2]) throws -> ComparisonTable {
    ComparisonTable(
      of: try portraitSeeds.map {
        try ComparedRuns.result(.portrait, seed: $0, scale: 1, similarity: 0.25)
      } + [
        try ComparedRuns.result(.dcgan, seed: 1, scale: 1.5, similarity: 0.1),
        try ComparedRuns.result(.dcgan, seed: 2, scale: 2.5, similarity: 0.12),
      ],
      models: [.dcgan, .sngan, .portrait], baseline: try ComparedRuns.baseline())
  }

  private func cells(_ line: some StringProtocol) -> [String] {
    line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  @Test("begins with real portraits, and has models in their order, the best in bold")
  func markdown() throws {
    let parts = try table().markdown.components(separatedBy: "\n\n")
    try #require(parts.count == 2)
    let quality = parts[0].split(separator: "\n").map(cells)
    #expect(
      quality[0] == [
        "model", "runs", "SWD 32", "SWD 16", "SWD mean", "MS-SSIM", "Fréchet distance",
        "kernel distance × 1000", "precision", "recall", "density", "coverage",
        "nearest real portrait",
      ])
    #expect(quality[1].allSatisfy { $0.hasPrefix("--") })
    // Of 45 portraits beside 45, where models have 100 beside 90.
    #expect(
      parts[0].split(separator: "\n")[2]
        == "| real portraits |  | ≤ 10.0 | ≤ 20.0 | ≤ 15.0 | 0.200 | ≤ 3.50 | 1.50 | 0.20 | 0.15 "
        + "| 0.10 | ≥ 0.05 | 33.0 |")
    #expect(
      quality[3] == [
        "`dcgan`", "2", "40.0 ± 10.0", "80.0 ± 20.0", "60.0 ± 15.0", "0.110 ± 0.010",
        "14.00 ± 3.50", "6.00 ± 1.50", "**0.80 ± 0.20**", "**0.60 ± 0.15**", "**0.40 ± 0.10**",
        "**0.20 ± 0.05**", "60.0 ± 15.0",
      ])
    #expect(
      quality[4] == [
        "`portrait`", "2", "**20.0**", "**40.0**", "**30.0**", "**0.250**", "**7.00**",
        "**3.00**", "0.40", "0.30", "0.20", "0.10", "30.0",
      ])
    let costs = parts[1].split(separator: "\n").map(cells)
    #expect(
      costs[2] == [
        "`dcgan`", "2", "3,576,704", "2,765,568", "64,000", "1,000", "10.7 ± 2.7", "107 ± 27",
      ])
  }

  @Test("marks nothing as the best where a model has a single run, whose standard error it shows")
  func singleRun() throws {
    let text = try table(portraitSeeds: [1]).markdown
    #expect(!text.contains("**"))
    #expect(text.contains("| `portrait` | 1 | 20.0 | 40.0 | 30.0 | 0.250 ± 0.010 s.e. | 7.00 |"))
  }

  @Test(
    "marks what lies apart: beyond other seeds, and by more than standard errors",
    arguments: [
      // Distances 1.5 to 2.5 times the unit are dcgan's; its similarity is 0.08 to 0.1 off.
      (scales: [1, 1.4], similarities: [0.25, 0.25], bold: true, boldSimilarity: true),
      ([1, 1.6], [0.25, 0.261], false, false),
    ])
  func overlap(
    scales: [Double], similarities: [Double], bold: Bool, boldSimilarity: Bool
  ) throws {
    let results = try zip(scales, similarities).enumerated().map { seed, run in
      try ComparedRuns.result(
        .portrait, seed: UInt64(seed), scale: run.0, similarity: run.1)
    }
    let others = [
      try ComparedRuns.result(.dcgan, seed: 1, scale: 1.5, similarity: 0.1),
      try ComparedRuns.result(.dcgan, seed: 2, scale: 2.5, similarity: 0.12),
    ]
    let row = ComparisonTable(
      of: results + others, models: [.portrait, .dcgan], baseline: try ComparedRuns.baseline()
    ).markdown.split(separator: "\n").map(cells)[3]
    #expect(row[2].hasPrefix("**") == bold, "\(row)")
    #expect(row[5].hasPrefix("**") == boldSimilarity, "\(row)")
  }

  @Test("has a line for each model in a file of columns, with the extremes")
  func commaSeparated() throws {
    let lines = try table().commaSeparated.split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    #expect(lines.map { $0[0] } == ["model", "real", "dcgan", "portrait"])
    #expect(lines.allSatisfy { $0.count == lines[0].count })
    let column = try #require(lines[0].firstIndex(of: "swd_mean"))
    #expect(lines[0][column + 1...column + 2] == ["swd_mean_lowest", "swd_mean_highest"])
    #expect(lines[1][column] == "15.0")
    #expect(lines[2][column...column + 2] == ["60.0", "45.0", "75.0"])
    #expect(lines[3][1] == "2")
  }

  @Test("marks nothing as the best where there is one model only")
  func alone() throws {
    let table = ComparisonTable(
      of: [try ComparedRuns.result(.dcgan, scale: 1)], models: [.dcgan],
      baseline: try ComparedRuns.baseline())
    #expect(!table.markdown.contains("**"))
  }
}
