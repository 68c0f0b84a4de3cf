import Foundation
import FoundationXML
import Pictures
import Testing

/// Two series as a training run has them.
private func lossChart(
  generator: [ChartSeries.Point], discriminator: [ChartSeries.Point] = [], title: String = "Losses"
) -> Chart {
  Chart(
    title: title,
    series: [
      ChartSeries(name: "generator", color: .vermilion, points: generator),
      ChartSeries(name: "discriminator", color: .blue, points: discriminator),
    ])
}

/// Returns the bytes of what `write` writes to the path it is given.
private func written(as name: String, _ write: (String) throws -> Void) throws -> Data {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("chart-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  let file = folder.appendingPathComponent(name)
  try write(file.path)
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
  #expect(names == [name], "temporary files must not stay behind")
  return try Data(contentsOf: file)
}

/// Returns the texts of an SVG document's text elements.
private func texts(inSVG data: Data) throws -> [String] {
  final class Reader: NSObject, XMLParserDelegate {
    var texts: [String] = []
    var isInText = false
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      isInText = name == "text"
      if isInText { texts.append("") }
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if isInText { texts[texts.count - 1] += string }
    }
    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?,
      qualifiedName: String?
    ) { isInText = false }
  }
  let reader = Reader()
  let parser = XMLParser(data: data)
  parser.delegate = reader
  #expect(parser.parse(), "the SVG is well-formed XML")
  return reader.texts
}

private func bigEndian(_ bytes: Data) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }

@Suite("A chart's files")
struct ChartFileTests {
  let rows: [ChartSeries.Point] = (0..<100).map { (Double($0) / 4, 0.7 + 0.1 * sin(Double($0))) }

  @Test("a PNG has the asked size in pixels")
  func pngSize() throws {
    let data = try written(as: "losses.png") {
      try lossChart(generator: rows).writePNG(to: $0, width: 400, height: 300, scale: 2)
    }
    #expect(data.prefix(8) == Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]))
    #expect(bigEndian(data[16..<20]) == 800)
    #expect(bigEndian(data[20..<24]) == 600)
  }

  @Test("charts in a column are one picture, as high as all of them")
  func column() throws {
    let column = ChartColumn([
      lossChart(generator: rows, title: "first"),
      lossChart(generator: rows.map { ($0.x, 1000 * $0.y) }, title: "second"),
    ])
    let png = try written(as: "column.png") {
      try column.writePNG(to: $0, width: 400, height: 200, scale: 1)
    }
    #expect(bigEndian(png[16..<20]) == 400 && bigEndian(png[20..<24]) == 400)
    let svg = try written(as: "column.svg") { try column.writeSVG(to: $0, width: 400, height: 200) }
    let found = try texts(inSVG: svg)
    #expect(found.contains("first") && found.contains("second"))
    // The axes are drawn at the same place in both.
    let text = String(decoding: svg, as: UTF8.self)
    let plots = text.split(separator: "\n").filter { $0.contains("<clipPath") }
      .compactMap { $0.firstMatch(of: /rect x="([0-9.]+)"/)?.1 }
    #expect(plots.count == 2 && plots[0] == plots[1])
  }

  @Test("an SVG holds title, labels, names and last values as text")
  func svgTexts() throws {
    let data = try written(as: "losses.svg") {
      try lossChart(generator: rows, discriminator: [(0, 0.5), (25, 0.625)]).writeSVG(to: $0)
    }
    let texts = try texts(inSVG: data)
    for expected in ["Losses", "epoch", "loss (nats)", "generator", "discriminator", "0.625"] {
      #expect(texts.contains(expected))
    }
    #expect(texts.contains("bold: running interquartile mean of 5 values, pale: every value"))
  }

  @Test("names with markup in them stay names")
  func escaping() throws {
    let data = try written(as: "losses.svg") {
      try lossChart(generator: rows, title: "D < G & \"both\" > 0").writeSVG(to: $0)
    }
    #expect(try texts(inSVG: data).contains("D < G & \"both\" > 0"))
  }

  @Test(
    "no values, one value and values that are not finite can be drawn",
    arguments: [
      [], [(1, 0.7)], [(1, .nan)], [(1, 0.7), (2, .infinity), (3, -.infinity), (.nan, 1)],
      [(1, 0), (2, 0)], [(0, 1e300), (1, -1e300)], [(0, 1e-300), (1, 2e-300)],
    ] as [[ChartSeries.Point]])
  func degenerateSeries(points: [ChartSeries.Point]) throws {
    let chart = lossChart(generator: points)
    let svg = try written(as: "losses.svg") { try chart.writeSVG(to: $0) }
    let png = try written(as: "losses.png") { try chart.writePNG(to: $0, scale: 1) }
    #expect(try texts(inSVG: svg).contains("generator"))
    #expect(!String(decoding: svg, as: UTF8.self).contains("nan"))
    #expect(png.count > 1_000)
  }

  @Test("the size of a file does not grow with the length of a run")
  func longRun() throws {
    let points: [ChartSeries.Point] = (0..<300_000).map { (step: Int) in
      (x: Double(step) / 1_000, y: Double(step * 48_271 % 2_147) / 2_147)
    }
    let svg = try written(as: "losses.svg") {
      try lossChart(generator: points, discriminator: points).writeSVG(to: $0)
    }
    #expect(svg.count < 200_000)
  }

  @Test("a spike is marked, counted and kept out of the vertical range")
  func spikeIsMarked() throws {
    var points = rows
    points[40].y = 500
    let svg = try written(as: "losses.svg") { try lossChart(generator: points).writeSVG(to: $0) }
    let texts = try texts(inSVG: svg)
    #expect(texts.contains { $0.hasSuffix("triangles: 1 value off the scale, up to 500") })
    #expect(texts.contains("0.70") && !texts.contains("500"))
    #expect(String(decoding: svg, as: UTF8.self).components(separatedBy: "<polygon").count == 2)
  }

  @Test("a folder that does not exist is named in the error")
  func missingFolder() {
    #expect {
      try lossChart(generator: rows).writePNG(to: "/nonexistent-folder/losses.png")
    } throws: { error in
      "\(error)".contains("/nonexistent-folder/losses.png")
    }
  }

  @Test("sizes that cannot be read or held are refused")
  func sizes() {
    let chart = lossChart(generator: rows)
    #expect(throws: ChartError.sizeOutOfBounds(width: 0, height: 300)) {
      try chart.writePNG(to: "/nonexistent-folder/losses.png", width: 0, height: 300)
    }
    #expect(throws: ChartError.self) {
      try chart.writePNG(to: "/nonexistent-folder/losses.png", scale: 99)
    }
  }
}

@Suite("A chart's axis")
struct ChartAxisTests {
  @Test(
    "the step is the smallest 1, 2 or 5 times a power of ten that fits",
    arguments: [
      (
        0.0...200, 11, 20.0,
        ["0", "20", "40", "60", "80", "100", "120", "140", "160", "180", "200"]
      ),
      (0.0...1, 6, 0.2, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      (0.53...1.19, 8, 0.1, ["0.6", "0.7", "0.8", "0.9", "1.0", "1.1"]),
      (-0.3...0.3, 4, 0.2, ["−0.2", "0.0", "0.2"]),
      (0.0...3, 7, 0.5, ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]),
      (0.0...2e6, 3, 1e6, ["0", "1e+06", "2e+06"]),
    ])
  func ticks(range: ClosedRange<Double>, count: Int, step: Double, labels: [String]) {
    let axis = ChartAxis(range: range, maximumTickCount: count)
    #expect(abs(axis.step - step) < 1e-9 * step)
    #expect(axis.ticks.map(axis.label) == labels)
  }

  @Test("any range gets at least two marks and no more than asked")
  func tickCounts() {
    for exponent in -12...12 {
      for mantissa in stride(from: 1.0, to: 10, by: 0.37) {
        let extent = mantissa * pow(10, Double(exponent))
        let axis = ChartAxis(range: (0.3 * extent)...(1.3 * extent), maximumTickCount: 8)
        #expect((2...8).contains(axis.ticks.count), "an extent of \(extent)")
      }
    }
  }

  @Test("a single value lies in the middle of its axis")
  func singleValue() {
    let axis = ChartAxis(range: 0.7...0.7, maximumTickCount: 5)
    #expect(axis.range.lowerBound < 0.7 && axis.range.upperBound > 0.7)
    #expect(ChartAxis(range: 0...0, maximumTickCount: 5).range == -1...1)
  }

  @Test("a few outliers do not widen the range, and nothing near is cut")
  func outliers() {
    let calm = (0..<1_000).map { 0.5 + Double($0 * 7_919 % 1_000) / 1_000 }
    #expect(ChartAxis.robustRange(of: calm) == 0.5...1.499)
    #expect(ChartAxis.robustRange(of: calm + [60, -.infinity, .nan, 9_000]) == 0.5...1.499)
    #expect(ChartAxis.robustRange(of: calm + [-3]) == 0.5...1.499)
    #expect(ChartAxis.robustRange(of: calm + [1.6]) == 0.5...1.6)
  }

  @Test("a level that lasts is not an outlier, and few values are all shown")
  func notOutliers() {
    let start = Array(repeating: 8.0, count: 30)
    let rest = (0..<970).map { 0.5 + Double($0 % 10) / 100 }
    #expect(ChartAxis.robustRange(of: start + rest)?.upperBound == 8)
    #expect(ChartAxis.robustRange(of: [8, 1, 0.9, 0.8]) == 0.8...8)
    #expect(ChartAxis.robustRange(of: [.nan, .infinity]) == nil)
  }
}

@Suite("A chart's trace")
struct ChartTraceTests {
  let noise: [ChartSeries.Point] = (0..<10_000).map { (step: Int) in
    (x: Double(step), y: Double(step * 48_271 % 2_147) / 2_147)
  }

  @Test("thinning keeps the smallest and the largest value of every column")
  func envelope() {
    let trace = ChartTrace(noise)
    let kept = trace.envelope(over: 0...9_999, columns: 100)
    #expect(kept.count <= 4 * 101)
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x < $1.x })
    for column in 0..<99 {
      let range = (9_999.0 / 100 * Double(column))..<(9_999.0 / 100 * Double(column + 1))
      let all = noise.filter { range.contains($0.x) }.map(\.y)
      let thinned = kept.filter { range.contains($0.x) }.map(\.y)
      #expect(thinned.min() == all.min() && thinned.max() == all.max())
    }
  }

  @Test("few points are all kept")
  func fewPoints() {
    let trace = ChartTrace(Array(noise.prefix(50)))
    #expect(trace.envelope(over: 0...50, columns: 100).count == 50)
  }

  @Test("points out of order are put in order, and those that are not finite left out")
  func ordering() {
    let trace = ChartTrace([(2, 20), (.nan, 5), (1, 10), (3, .infinity), (0, 0)])
    #expect(trace.points.map(\.x) == [0, 1, 2])
    #expect(trace.points.map(\.y) == [0, 10, 20])
  }

  @Test("the running mean equals the mean of the sorted window's middle half")
  func runningMean() {
    let trace = ChartTrace(Array(noise.prefix(101)))
    for (index, point) in trace.runningMean(window: 9, count: 101).enumerated() {
      let window = noise[max(0, index - 4)...min(100, index + 4)].map(\.y).sorted()
      let middle = window.dropFirst(window.count / 4).dropLast(window.count / 4)
      #expect(abs(point.y - middle.reduce(0, +) / Double(middle.count)) < 1e-12)
      #expect(point.x == Double(index))
    }
  }

  @Test("a spike does not move the running mean")
  func spike() {
    var points = (0..<100).map { ChartSeries.Point(x: Double($0), y: 1) }
    points[50].y = 1e6
    #expect(ChartTrace(points).runningMean(window: 5, count: 100).allSatisfy { $0.y == 1 })
  }
}
