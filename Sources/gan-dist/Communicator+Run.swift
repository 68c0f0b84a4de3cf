import ArgumentParser
import Collectives
import Training

extension Communicator {
  /// Runs the work of this rank and leaves the job in good order, however the work ends.
  ///
  /// A `TrainingError` is shared by all ranks: the first says what it is, and all leave together.
  /// Any other error may be this rank's alone and ends the whole job, since the others would wait
  /// for this rank forever.
  /// - Throws: `ExitCode`, once the error has been said.
  func run<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      let result = try work()
      try finish()
      return result
    } catch let error as TrainingError {
      if isRoot { GanDist.report("\(error)") }
      try finish()
      throw ExitCode(error.kind.rawValue)
    } catch {
      abort(after: error, code: TrainingError.Kind(of: error).rawValue)
    }
  }
}
