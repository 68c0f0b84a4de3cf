import Pictures

/// What tells early whether training goes well, against epochs: gradients that vanish or explode,
/// logits that run apart, a discriminator that knows the real images by heart, attention that is
/// not taken up.
struct StabilityCurves {
  private typealias Points = [ChartSeries.Point]

  private var discriminatorGradients: Points = []
  private var generatorGradients: Points = []
  private var realLogits: Points = []
  private var fakeLogits: Points = []
  private var realSigns: Points = []
  private var watched: [String: Points] = [:]

  private static let colors = [ChartColor.blue, .vermilion, .green, .purple]

  /// Adds a step; one of an earlier version's log has nothing to add.
  mutating func append(_ record: LossRecord) {
    guard let stability = record.stability else { return }
    func point(_ value: Float) -> ChartSeries.Point { (record.epoch, Double(value)) }
    stability.discriminatorGradientNorm.map { discriminatorGradients.append(point($0)) }
    stability.generatorGradientNorm.map { generatorGradients.append(point($0)) }
    realLogits.append(point(stability.realLogit))
    fakeLogits.append(point(stability.fakeLogit))
    realSigns.append(point(stability.realSign))
    for (name, value) in stability.watched ?? [:] {
      watched[name, default: []].append(point(value))
    }
  }

  /// Returns the charts, one below the other, the first under `title`.
  func charts(title: String) -> ChartColumn {
    var charts = [
      Chart(
        title: title, yLabel: "length of gradient",
        series: [
          ChartSeries(name: "discriminator", color: .blue, points: discriminatorGradients),
          ChartSeries(name: "generator", color: .vermilion, points: generatorGradients),
        ]),
      Chart(
        title: "mean logits", yLabel: "logit",
        series: [
          ChartSeries(name: "real", color: .blue, points: realLogits),
          ChartSeries(name: "generated", color: .vermilion, points: fakeLogits),
        ]),
      Chart(
        title: "overfitting: mean sign of the logits of real images", yLabel: "sign",
        series: [ChartSeries(name: "real", color: .blue, points: realSigns)]),
    ]
    if !watched.isEmpty {
      // As many as can be told apart.
      let series = zip(watched.sorted { $0.key < $1.key }, Self.colors).map { weight, color in
        ChartSeries(name: weight.key, color: color, points: weight.value)
      }
      charts.append(Chart(title: "watched weights", yLabel: "weight", series: series))
    }
    return ChartColumn(charts)
  }
}
