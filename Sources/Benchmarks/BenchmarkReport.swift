import Foundation

/// Everything that one run of the benchmark found; a section that was not asked for is nil.
public struct BenchmarkReport: Codable, Sendable, Equatable {
  /// Who measured what.
  public struct Setting: Codable, Sendable, Equatable {
    public var version = 1
    public var model: String
    public var imageSize: Int
    /// Images of a step over all ranks.
    public var batchSize: Int
    public var ranks: Int
    /// Hosts that the ranks run on.
    public var hosts: Int
    public var threadsPerRank: Int
    public var linearAlgebra: String
  }

  /// Scaling to more ranks, and how the same model does at the ranks that there are.
  public struct Scaling: Codable, Sendable, Equatable {
    /// Where the figures of the link come from, in words.
    public var linkSource: String
    public var model: ScalingModel
    public var weak: [ScalingModel.Prediction]
    public var strong: [ScalingModel.Prediction]
    /// nil for a job of one rank, where there is nothing to check.
    public var check: Check?
  }

  /// The prediction for this job's ranks beside what they did.
  public struct Check: Codable, Sendable, Equatable {
    public var predicted: ScalingModel.Prediction
    public var measuredCommunicationSeconds: Double
    public var measuredImagesPerSecond: Double
    /// As `predicted.efficiency`, measured against as many steps of ranks side by side.
    public var measuredEfficiency: Double
    /// The same against a rank that computes while the others wait: cores that share memory, cache
    /// and power are slower together.
    public var measuredEfficiencyAgainstAlone: Double
  }

  public var setting: Setting
  public var step: StepResult?
  public var bandwidth: BandwidthResult?
  public var convolutions: [ConvolutionResult]?
  public var scaling: Scaling?

  /// The report as JSON, keys in snake case and sorted.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try encoder.encode(self) + Data("\n".utf8)
  }

  /// Creates a report from what ``json()`` made.
  public init(json: Data) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    self = try decoder.decode(BenchmarkReport.self, from: json)
  }

  init(setting: Setting) {
    self.setting = setting
  }
}
