import GANs
import Pictures
import Wording

/// How near models came to real portraits, against the real images they were shown.
struct LearningChart {
  let models: [ModelName]
  /// The curves of finished runs, one for each seed.
  let curves: [(model: ModelName, points: [LearningPoint])]
  let baseline: RealBaseline
  let imageSize: Int

  /// A line for each model, the mean over its seeds, and one for real portraits.
  var chart: Chart {
    let series = models.enumerated().compactMap { index, model -> ChartSeries? in
      let own = curves.filter { $0.model == model }.map(\.points)
      guard !own.isEmpty else { return nil }
      return ChartSeries(
        name: model.rawValue, color: ChartColor.palette[index % ChartColor.palette.count],
        points: mean(of: own))
    }
    return Chart(
      title: "Distance from real portraits, \(imageSize) × \(imageSize) pixels",
      xLabel: countsThousands ? "real images shown (thousands)" : "real images shown",
      yLabel: "sliced Wasserstein distance × 1000"
        + (portraitCount.map { " of \($0.counted("portrait"))" } ?? ""),
      series: series + [reals(beside: series)])
  }

  /// The number of portraits of each kind that every point is found from.
  private var portraitCount: Int? {
    curves.lazy.compactMap(\.points.first).first?.slicedWasserstein.imageCount
  }

  /// Whether images are counted in thousands, as they are many.
  private var countsThousands: Bool {
    curves.contains { $0.points.contains { $0.images >= 20_000 } }
  }

  /// The mean over all curves, at the places where each of them has a point.
  private func mean(of curves: [[LearningPoint]]) -> [ChartSeries.Point] {
    let byImages = Dictionary(grouping: curves.joined(), by: \.images)
      .filter { $1.count == curves.count }
    return byImages.sorted { $0.key < $1.key }.map { images, points in
      let distances = points.map(\.slicedWasserstein.average)
      return (
        Double(images) / (countsThousands ? 1000 : 1),
        distances.reduce(0, +) / Double(distances.count)
      )
    }
  }

  /// The distance of real portraits from as many others, as a level line. There may be too few for
  /// sets as large as the curves', which makes the distance greater.
  private func reals(beside series: [ChartSeries]) -> ChartSeries {
    let places = series.flatMap { $0.points.map(\.x) }
    let reference = baseline.curveReference
    let name =
      portraitCount == reference.imageCount
      ? "real portraits" : "real portraits (\(reference.imageCount) beside as many)"
    return ChartSeries(
      name: name, color: .grey,
      points: [places.min(), places.max()].compactMap { $0.map { ($0, reference.average) } })
  }
}
