import Foundation
import Wording

/// How this process was started, as far as the launcher's environment says.
public struct Launch: Equatable, Sendable {
  /// What the launcher of Open MPI is called.
  public static let mpirun = "Open MPI's mpirun"

  /// The launcher, as a person would name it.
  public var launcher: String
  /// How many processes it started; `nil` where it does not say.
  public var size: Int?
  /// This process's number among them; `nil` where it does not say.
  public var rank: Int?
  /// Whether the launcher gave its processes a way to find each other.
  public var canConnect: Bool

  /// Reads what an MPI launcher left in the environment; `nil` for a plain start.
  ///
  /// An mpirun inside a Slurm job hides the variables of the Slurm step that carries it, so the
  /// launchers are asked from the innermost outwards.
  public init?(environment: [String: String]) {
    func number(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }

    if let size = number("OMPI_COMM_WORLD_SIZE") {
      self.init(
        launcher: Self.mpirun, size: size, rank: number("OMPI_COMM_WORLD_RANK"),
        canConnect: true)
    } else if let size = number("SLURM_STEP_NUM_TASKS"), let rank = number("PMIX_RANK") {
      self.init(launcher: "srun --mpi=pmix", size: size, rank: rank, canConnect: true)
    } else if let rank = number("PMIX_RANK") {
      self.init(launcher: "a PMIx launcher", size: nil, rank: rank, canConnect: true)
    } else if let rank = number("PMI_RANK") {
      self.init(
        launcher: "a PMI launcher (MPICH, Intel MPI or srun --mpi=pmi2)", size: number("PMI_SIZE"),
        rank: rank, canConnect: true)
    } else if let size = number("SLURM_STEP_NUM_TASKS"), let rank = number("SLURM_PROCID") {
      self.init(launcher: "srun", size: size, rank: rank, canConnect: false)
    } else {
      return nil
    }
  }

  /// Describes a launch; mostly for tests.
  public init(launcher: String, size: Int?, rank: Int?, canConnect: Bool) {
    self.launcher = launcher
    self.size = size
    self.rank = rank
    self.canConnect = canConnect
  }

  /// The communicator for this process: MPI where a launcher started several processes, a job of
  /// one rank otherwise.
  ///
  /// - Parameters:
  ///   - environment: Where the launcher's variables are looked up.
  ///   - stallTimeout: How long a collective may take before the watchdog ends the job.
  /// - Throws: `LaunchError` where the launcher's processes cannot find each other,
  ///   `CollectiveError` where MPI does not start.
  public static func communicator(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    stallTimeout: Duration = MPICommunicator.defaultStallTimeout
  ) throws -> any Communicator {
    guard let launch = Launch(environment: environment), launch.size != 1 else {
      return SoloCommunicator()
    }
    guard launch.canConnect else {
      throw LaunchError.launcherWithoutMPI(launch: launch)
    }
    let communicator = try MPICommunicator(stallTimeout: stallTimeout)
    if let size = launch.size, size != communicator.size {
      let seen = communicator.size
      try communicator.finish()
      throw LaunchError.worldSizeMismatch(
        launch: launch, seen: seen, library: MPICommunicator.libraryName)
    }
    return communicator
  }
}

/// A launch whose processes cannot work together.
public enum LaunchError: Error, Equatable, CustomStringConvertible {
  /// The launcher started several processes but gave them no way to find each other.
  case launcherWithoutMPI(launch: Launch)
  /// The launcher started another number of processes than MPI sees.
  case worldSizeMismatch(launch: Launch, seen: Int, library: String)

  public var description: String {
    switch self {
    case .launcherWithoutMPI(let launch):
      let count = launch.size?.counted("process", plural: "processes") ?? "several processes"
      return
        "\(launch.launcher) started \(count) without connecting them: "
        + "start them with srun --mpi=pmix, or with mpirun inside the job"
    case .worldSizeMismatch(let launch, let seen, let library):
      let count = launch.size?.counted("process", plural: "processes") ?? "several processes"
      return
        "\(launch.launcher) started \(count) but this program's MPI sees \(seen): the "
        + "launcher belongs to another MPI library; use the mpirun of \(library)"
    }
  }
}
