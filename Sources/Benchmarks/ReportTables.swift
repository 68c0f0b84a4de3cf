import Foundation
import Tensors
import Wording

extension BenchmarkReport: CustomStringConvertible {
  /// The report for people: a heading and a table for each section.
  package var description: String {
    let heading =
      "model \(setting.model), \(setting.imageSize) × \(setting.imageSize) pixels, batch "
      + "\(setting.batchSize); \(setting.ranks) × \(setting.threadsPerRank.counted("thread")) (ranks × threads "
      + "a rank) on \(setting.hosts.counted("host")); \(setting.linearAlgebra)\n"
      + "\(setting.convolutions) convolutions, gradients in \(setting.gradientExchange), sent "
      + (setting.overlaps ? "while others are computed" : "when all are there")
      + (setting.synchronizesBatchStatistics ? ", batch statistics of the whole batch\n" : "\n")
      + "Figures are medians, with the range in brackets."
    let sections = [
      step.map { stepTable($0) }, bandwidth.map { bandwidthTable($0) },
      convolutions.map { convolutionTable($0) }, scaling.map { scalingTables($0) },
    ]
    return ([heading] + sections.compactMap { $0 }).joined(separator: "\n\n") + "\n"
  }

  private func stepTable(_ step: StepResult) -> String {
    var table = TextTable(["training step of rank 0", "ms", "range", "share"])
    let parts = [
      ("data", step.data), ("discriminator, forward and backward", step.discriminator),
      ("generator, forward and backward", step.generator),
      ("optimizers and moving average", step.optimizer),
      ("communication, exposed", step.communication), ("rest", step.rest), ("whole", step.step),
    ]
    for (name, part) in parts {
      table.append([
        name, milliseconds(part.median), range(part, milliseconds),
        percent(part.median / step.step.median),
      ])
    }
    if setting.ranks > 1 {
      for (name, part) in [("each rank for itself", step.sideBySide), ("rank 0 alone", step.alone)]
      {
        table.append([
          name, milliseconds(part.median), range(part, milliseconds),
          percent(part.median / step.step.median),
        ])
      }
    }
    let memory = step.peakBytes.map { "\(megabytes($0)) of memory" }
    return """
      \(table)
      \(fixed(step.imagesPerSecond.median, 1)) images/s \(range(step.imagesPerSecond) { fixed($0, 1) })
      A rank took at most \([memory, "\(megabytes(step.peakTensorBytes)) of it tensors"].compactMap(\.self).joined(separator: ", ")).
      """
  }

  private func bandwidthTable(_ bandwidth: BandwidthResult) -> String {
    let memory =
      "memory bandwidth of a rank, all ranks at once: \(fixed(bandwidth.memory.median / 1e9, 1)) GB/s "
      + range(bandwidth.memory) { fixed($0 / 1e9, 1) }
    guard !bandwidth.allreduce.isEmpty else {
      return memory + "\nallreduce: nothing to measure with one rank; start it on several"
    }
    var table = TextTable(["allreduce of", "ms", "range", "GB/s per rank", "of memory"])
    for size in bandwidth.allreduce {
      table.append([
        bytes(size.bytes), fixed(size.seconds.median * 1e3, 4),
        range(size.seconds) { fixed($0 * 1e3, 4) }, fixed(size.bandwidth / 1e9, 3),
        percent(size.ratioToMemory),
      ])
    }
    return "\(memory)\n\(table)"
  }

  private func convolutionTable(_ results: [ConvolutionResult]) -> String {
    var table = TextTable(
      [
        "convolution", "pass", "calls", "ms", "GFLOP/s", "sgemm", "ratio", "range", "error",
      ], wordColumns: [0, 1])
    for result in results {
      table.append([
        name(of: result), name(of: result.pass), "\(result.calls)",
        milliseconds(result.seconds.median), fixed(result.gigaflops.median, 1),
        fixed(result.matrixProductGigaflops.median, 1), fixed(result.ratio.median, 2),
        range(result.ratio) { fixed($0, 2) }, String(format: "%.1e", result.largestError),
      ])
    }
    let spent = results.reduce(0) { $0 + Double($1.calls) * $1.seconds.median }
    let operations = results.reduce(0) { $0 + Double($1.calls) * $1.operations }
    let asProducts = results.reduce(0) {
      $0 + Double($1.calls) * $1.operations / $1.matrixProductGigaflops.median / 1e9
    }
    table.append([
      "all of a step", "", "\(results.reduce(0) { $0 + $1.calls })", milliseconds(spent),
      fixed(operations / spent / 1e9, 1), fixed(operations / asProducts / 1e9, 1),
      fixed(asProducts / spent, 2), "",
      String(format: "%.1e", results.map(\.largestError).max() ?? 0),
    ])
    return """
      \(table)
      GFLOP/s count the operations of the convolution as it is defined; sgemm is the matrix product of
      equivalent shape, timed in turn; errors are against double precision, relative to the largest
      element. A generator's layers are adjoints of convolutions: they begin with the input gradient.
      """
  }

  private func scalingTables(_ scaling: Scaling) -> String {
    let model = scaling.model
    let link =
      "link: \(fixed(model.link.latency * 1e6, 1)) µs, \(fixed(model.link.bandwidth * 8e-9, 2)) Gbit/s, "
      + "\(scaling.linkSource); one rank a link; allreduce: \(model.algorithm.rawValue)"
    let work =
      "a rank computes \(fixed(model.secondsPerStep * 1e3, 1)) ms per step and "
      + "\(fixed(model.secondsPerImage * 1e3, 2)) ms an image, and averages "
      + "\(megabytes(model.messages.reduce(0) { $0 + $1.bytes })) a step"
    return [
      "\(link)\n\(work)", predictions("weak scaling", scaling.weak),
      predictions("strong scaling", scaling.strong),
      scaling.check.map(checkTable)
        ?? "The prediction can be checked where there are several ranks: start it on them, by launch/local -n or mpirun.",
    ].joined(separator: "\n\n")
  }

  private func predictions(
    _ title: String, _ predictions: [ScalingModel.Prediction]
  ) -> String {
    var table = TextTable([
      title, "images per rank", "compute ms", "allreduce ms", "images/s", "efficiency",
      "exposed ms", "images/s", "efficiency",
    ])
    for prediction in predictions {
      table.append([
        prediction.ranks.counted("rank"), "\(prediction.imagesPerRank)",
        milliseconds(prediction.computationSeconds), milliseconds(prediction.communicationSeconds),
        fixed(prediction.imagesPerSecond, 1), percent(prediction.efficiency),
        milliseconds(prediction.exposedSeconds), fixed(prediction.imagesPerSecondWithOverlap, 1),
        percent(prediction.efficiencyWithOverlap),
      ])
    }
    return """
      \(table)
      The last three: at best, where averaging goes on during the backward passes (train --overlap).
      """
  }

  private func checkTable(_ check: Check) -> String {
    var table = TextTable(["this job, \(setting.ranks.counted("rank"))", "predicted", "measured"])
    let predicted = check.predicted
    let (name, communication, rate, efficiency) =
      setting.overlaps
      ? (
        "communication, exposed, ms", predicted.exposedSeconds,
        predicted.imagesPerSecondWithOverlap, predicted.efficiencyWithOverlap
      )
      : (
        "communication, ms", predicted.communicationSeconds, predicted.imagesPerSecond,
        predicted.efficiency
      )
    table.append([
      name, milliseconds(communication), milliseconds(check.measuredCommunicationSeconds),
    ])
    table.append(["images/s", fixed(rate, 1), fixed(check.measuredImagesPerSecond, 1)])
    table.append([
      "efficiency, against ranks side by side", percent(efficiency),
      percent(check.measuredEfficiency),
    ])
    table.append([
      "efficiency, against a rank alone", "", percent(check.measuredEfficiencyAgainstAlone),
    ])
    return "\(table)"
  }

  private func name(of result: ConvolutionResult) -> String {
    let (input, output) = (result.inputShape, result.outputShape)
    return "\(input[3])→\(output[3]), \(result.kernel)×\(result.kernel)"
      + (result.stride > 1 ? "/\(result.stride)" : "")
      + ", \(input[1])²→\(output[1])², batch \(input[0])"
  }

  private func name(of pass: ConvolutionPass) -> String {
    switch pass {
    case .output: "output"
    case .inputGradient: "input gradient"
    case .weightGradient: "weight gradient"
    }
  }
}

private func fixed(_ number: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", number)
}

private func milliseconds(_ seconds: Double) -> String { fixed(seconds * 1e3, 2) }

private func percent(_ fraction: Double) -> String { fixed(fraction * 100, 1) + " %" }

private func megabytes(_ bytes: Int) -> String { fixed(Double(bytes) / 1e6, 1) + " MB" }

private func bytes(_ count: Int) -> String {
  switch count {
  case ..<10_000: "\(count) B"
  case ..<1_000_000: fixed(Double(count) / 1e3, 0) + " kB"
  default: megabytes(count)
  }
}

private func range(_ spread: Spread, _ format: (Double) -> String) -> String {
  "(\(format(spread.least))-\(format(spread.greatest)))"
}
