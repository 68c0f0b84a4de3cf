import Collectives
import Foundation
import Training

extension Communicator {
  /// Runs the work of this rank and leaves the job in good order, however the work ends.
  ///
  /// An error that all ranks share is thrown after all have left; one that only this rank may have
  /// met ends the whole job, since the others would wait for this rank forever.
  func run<Result>(_ work: () throws -> Result) throws -> Result {
    do {
      let result = try work()
      try finish()
      return result
    } catch let error as TrainingError {
      try finish()
      throw error
    } catch {
      abort(after: error, code: TrainingError.Kind(of: error).rawValue)
    }
  }
}
