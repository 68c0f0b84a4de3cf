import Tensors
import Yams

extension Trainer {
  /// Which checkpoint a run starts from.
  public enum Resume: Sendable, Equatable, Codable {
    /// None: the output folder must hold no run yet.
    case never
    /// The newest usable one of the run, if there is one.
    case newest
    /// The one in this file, or the newest usable one of the run in this folder.
    case from(String)
  }

  /// How a run ended that did not fail.
  public enum Outcome: Sendable, Equatable {
    case finished
    /// It was asked to stop, and can be resumed.
    case stopped

    /// What the program tells its launcher.
    public var exitCode: Int32 { self == .finished ? 0 : 75 }
  }

  /// How this rank has been set up; not stored in a checkpoint, and may change when a run is
  /// resumed.
  public struct Machine: Sendable {
    /// Compute threads of this rank.
    public var threads: Int
    public var convolutions: ConvolutionMethods
    /// The seconds that the communicator waits for a rank.
    public var stallTimeout: Int
    /// When the job is to save and stop; nil is never.
    public var deadline: Deadline?
    public var exchange: GradientExchangeOptions

    public init(
      threads: Int, convolutions: ConvolutionMethods = .fast, stallTimeout: Int,
      deadline: Deadline? = nil, exchange: GradientExchangeOptions = .init()
    ) {
      self.threads = threads
      self.convolutions = convolutions
      self.stallTimeout = stallTimeout
      self.deadline = deadline
      self.exchange = exchange
    }

    /// What a run's file of options says about it. How many threads there were is left out: a run
    /// that is repeated, or goes on, with these options elsewhere has as many as that machine has
    /// cores.
    var optionValues: [(name: String, value: any NodeRepresentable)] {
      [
        ("convolutions", convolutions.rawValue),
        ("stall-timeout", stallTimeout), ("overlap", exchange.overlap.rawValue),
        ("gradient-exchange", exchange.format.rawValue),
      ] + (deadline.map { [("time-limit", $0.limit.description)] } ?? [])
    }
  }

  /// What is done after some of the steps, once their checkpoint is safe or known not to be.
  ///
  /// A run that is resumed from such a checkpoint begins with it, since it may have been
  /// interrupted before it was done.
  public struct Milestones {
    public var steps: Set<Int>
    /// Called on every rank with the number of steps done and the averaged generator.
    public var action: (_ step: Int, _ generator: ImageGenerator) throws -> Void

    public init(
      after steps: Set<Int>,
      action: @escaping (_ step: Int, _ generator: ImageGenerator) throws -> Void
    ) {
      (self.steps, self.action) = (steps, action)
    }
  }
}
