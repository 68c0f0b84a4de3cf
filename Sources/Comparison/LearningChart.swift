import GANs
import Pictures

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
        points: Self.mean(of: own))
    }
    return Chart(
      title: "Distance from real portraits, \(imageSize) × \(imageSize) pixels",
      xLabel: "real images shown (thousands)",
      yLabel: "sliced Wasserstein distance × 1000", series: series + [reals(beside: series)])
  }

  /// The mean over the curves that have a point at the same place.
  private static func mean(of curves: [[LearningPoint]]) -> [ChartSeries.Point] {
    let byImages = Dictionary(grouping: curves.joined(), by: \.images)
    return byImages.keys.sorted().map { images in
      let distances = (byImages[images] ?? []).map(\.slicedWasserstein.average)
      return (Double(images) / 1000, distances.reduce(0, +) / Double(distances.count))
    }
  }

  /// The distance of two halves of the real portraits, as a level line.
  private func reals(beside series: [ChartSeries]) -> ChartSeries {
    let places = series.flatMap { $0.points.map(\.x) }
    let distance = baseline.evaluation.slicedWasserstein?.average ?? .nan
    return ChartSeries(
      name: "half of the reals", color: .grey,
      points: [places.min(), places.max()].compactMap { $0.map { ($0, distance) } })
  }
}
