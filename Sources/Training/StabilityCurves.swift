import Pictures

/// What tells early whether training goes well, against epochs: gradients that vanish or explode,
/// judgements that run apart, a discriminator that knows the real images by heart, a penalty that
/// does not hold it, attention that is not taken up.
struct StabilityCurves {
  private typealias Points = [ChartSeries.Point]

  private var discriminatorGradients: Points = []
  private var generatorGradients: Points = []
  private var realScores: Points = []
  private var fakeScores: Points = []
  private var realLogits: Points = []
  private var fakeLogits: Points = []
  private var logitDifferences: Points = []
  private var realSigns: Points = []
  private var augmentationProbabilities: Points = []
  private var penalties: Points = []
  private var watched: [String: Points] = [:]

  /// Adds a step; one of an earlier version's log has nothing to add.
  mutating func append(_ record: LossRecord) {
    guard let stability = record.stability else { return }
    func point(_ value: Float) -> ChartSeries.Point { (record.epoch, Double(value)) }
    stability.discriminatorGradientNorm.map { discriminatorGradients.append(point($0)) }
    stability.generatorGradientNorm.map { generatorGradients.append(point($0)) }
    realScores.append(point(record.realScore))
    fakeScores.append(point(record.fakeScore))
    realLogits.append(point(stability.realLogit))
    fakeLogits.append(point(stability.fakeLogit))
    logitDifferences.append(point(stability.realLogit - stability.fakeLogit))
    realSigns.append(point(stability.realSign))
    stability.augmentationProbability.map { augmentationProbabilities.append(point($0)) }
    stability.penalty.map { penalties.append(point($0)) }
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
        title: "mean scores of real and generated images, D(x) and D(G(z))", yLabel: "probability",
        series: [
          ChartSeries(name: "D(x)", color: .blue, points: realScores),
          ChartSeries(name: "D(G(z))", color: .vermilion, points: fakeScores),
        ]),
      Chart(
        title: "mean logits; of a critic, their difference estimates the Wasserstein distance",
        yLabel: "logit",
        series: [
          ChartSeries(name: "real", color: .blue, points: realLogits),
          ChartSeries(name: "generated", color: .vermilion, points: fakeLogits),
          ChartSeries(name: "difference", color: .green, points: logitDifferences),
        ]),
      Chart(
        title: "overfitting: mean sign of the logits of real images", yLabel: "sign",
        series: [ChartSeries(name: "real", color: .blue, points: realSigns)]),
    ]
    if !augmentationProbabilities.isEmpty {
      charts.append(
        Chart(
          title: "how likely an image is changed for the discriminator", yLabel: "probability",
          series: [ChartSeries(name: "p", color: .blue, points: augmentationProbabilities)]))
    }
    if !penalties.isEmpty {
      charts.append(
        Chart(
          title: "penalty of the discriminator's gradient", yLabel: "penalty",
          series: [ChartSeries(name: "penalty", color: .blue, points: penalties)]))
    }
    if !watched.isEmpty {
      // As many as can be told apart.
      let series = zip(watched.sorted { $0.key < $1.key }, ChartColor.palette).map {
        weight, color in
        ChartSeries(name: weight.key, color: color, points: weight.value)
      }
      charts.append(Chart(title: "watched weights", yLabel: "weight", series: series))
    }
    return ChartColumn(charts)
  }
}
