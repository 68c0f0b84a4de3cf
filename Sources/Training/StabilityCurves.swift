import GANs
import Pictures

/// What tells early whether training goes well, against epochs: gradients that vanish or explode,
/// judgements that run apart, a discriminator that knows the real images by heart, a penalty that
/// does not hold it, attention that is not taken up.
struct StabilityCurves {
  /// Steps of an earlier version's log have nothing to show.
  let drawn: DrawnRecords
  let logitMeaning: LogitMeaning

  /// Returns the charts, one below the other, the first under `title`; what logits do not mean with
  /// this objective is left out.
  func charts(title: String) -> ChartColumn {
    var charts = [
      Chart(
        title: title, yLabel: "length of gradient",
        series: [
          series("discriminator", .blue, \.discriminatorGradientNorm),
          series("generator", .vermilion, \.generatorGradientNorm),
        ])
    ]
    if logitMeaning == .logOdds {
      charts.append(
        Chart(
          title: "mean scores of real and generated images, D(x) and D(G(z))",
          yLabel: "probability",
          series: [
            ChartSeries(name: "D(x)", color: .blue, points: scores(\.realScore)),
            ChartSeries(name: "D(G(z))", color: .vermilion, points: scores(\.fakeScore)),
          ]))
    }
    charts.append(
      Chart(
        title: "mean logits; of a critic, their difference estimates the Wasserstein distance",
        yLabel: "logit",
        series: [
          series("real", .blue) { $0.realLogit },
          series("generated", .vermilion) { $0.fakeLogit },
          series("difference", .green) { $0.realLogit - $0.fakeLogit },
        ]))
    if logitMeaning != .rank {
      charts.append(
        Chart(
          title: "overfitting: mean sign of the logits of real images", yLabel: "sign",
          series: [series("real", .blue) { $0.realSign }]))
    }
    let augmentation = series("p", .blue, \.augmentationProbability)
    if !augmentation.points.isEmpty {
      charts.append(
        Chart(
          title: "how likely an image is changed for the discriminator", yLabel: "probability",
          series: [augmentation]))
    }
    let penalty = series("penalty", .blue, \.penalty)
    if !penalty.points.isEmpty {
      charts.append(
        Chart(
          title: "penalty of the discriminator's gradient", yLabel: "penalty", series: [penalty]))
    }
    if !watchedNames.isEmpty {
      // As many as can be told apart.
      let series = zip(watchedNames, ChartColor.palette).map { name, color in
        self.series(name, color) { $0.watched?[name] }
      }
      charts.append(Chart(title: "watched weights", yLabel: "weight", series: series))
    }
    return ChartColumn(charts)
  }

  private func series(
    _ name: String, _ color: ChartColor, _ value: (LossRecord.Stability) -> Float?
  ) -> ChartSeries {
    ChartSeries(name: name, color: color, points: drawn.curve { $0.stability.flatMap(value) })
  }

  private func scores(_ score: KeyPath<LossRecord, Float>) -> [ChartSeries.Point] {
    drawn.curve { $0.stability == nil ? nil : $0[keyPath: score] }
  }

  private var watchedNames: [String] {
    Set(drawn.records.flatMap { ($0.stability?.watched ?? [:]).keys }).sorted()
  }
}
