import ArgumentParser
import Collectives
import Metrics
import Training

extension Communicator {
  /// Runs the work of this rank and leaves the job in good order, however the work ends.
  ///
  /// A `TrainingError` is shared by all ranks, and so is a `FeatureError`, which comes of what
  /// ranks have gathered from each other: the first says what it is, and all leave together. Any
  /// other error may be this rank's alone and ends the whole job, since the others would wait for
  /// this rank forever.
  /// - Throws: `ExitCode`, once the error has been said.
  func run<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      let result = try work()
      try finish()
      return result
    } catch let error where error is TrainingError || error is FeatureError {
      if isRoot { GanDist.report("\(error)") }
      try finish()
      throw ExitCode(TrainingError.Kind(of: error).rawValue)
    } catch {
      abort(after: error, code: TrainingError.Kind(of: error).rawValue)
    }
  }
}
