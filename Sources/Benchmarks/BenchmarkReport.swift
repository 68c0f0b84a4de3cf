import Foundation

/// Everything that one run of the benchmark found; a section that was not asked for is nil.
package struct BenchmarkReport: Codable, Sendable, Equatable {
  /// Who measured what.
  package struct Setting: Codable, Sendable, Equatable {
    package var version = 3
    package var model: String
    package var imageSize: Int
    /// Images of an update over all ranks.
    package var batchSize: Int
    package var ranks: Int
    /// Hosts that the ranks run on.
    package var hosts: Int
    package var threadsPerRank: Int
    /// Which convolutions are allowed: `fast` or `plain`.
    package var convolutions: String
    /// Numbers that gradients travel in: `float32` or `bfloat16`.
    package var gradientExchange: String
    /// Whether gradients are sent while others are computed.
    package var overlaps: Bool
    package var synchronizesBatchStatistics: Bool
    package var linearAlgebra: String
  }

  /// Scaling to more ranks, and how the same model does at the ranks that there are.
  package struct Scaling: Codable, Sendable, Equatable {
    /// Where the figures of the link come from, in words.
    package var linkSource: String
    package var model: ScalingModel
    package var weak: [ScalingModel.Prediction]
    package var strong: [ScalingModel.Prediction]
    /// nil for a job of one rank, where there is nothing to check.
    package var check: Check?
  }

  /// The prediction for this job's ranks beside what they did: the part of it with overlap where
  /// their steps overlap.
  package struct Check: Codable, Sendable, Equatable {
    package var predicted: ScalingModel.Prediction
    package var measuredCommunicationSeconds: Double
    package var measuredImagesPerSecond: Double
    /// As `predicted.efficiency`, measured against as many steps of ranks side by side.
    package var measuredEfficiency: Double
    /// The same against a rank that computes while the others wait: cores that share memory, cache
    /// and power are slower together.
    package var measuredEfficiencyAgainstAlone: Double
  }

  package var setting: Setting
  package var step: StepResult?
  package var bandwidth: BandwidthResult?
  package var convolutions: [ConvolutionResult]?
  package var scaling: Scaling?

  /// The report as JSON, keys in snake case and sorted.
  package func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try encoder.encode(self) + Data("\n".utf8)
  }

  init(setting: Setting) {
    self.setting = setting
  }
}
