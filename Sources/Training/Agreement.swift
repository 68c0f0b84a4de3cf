import Collectives
import Foundation
import Portraits
import Wording

// What ranks agree on before they go on together.

extension Communicator {
  /// Throws on every rank if the ranks were started with different options, of which there are as
  /// many and of the same types on each.
  /// - Throws: ``TrainingError`` of kind `usage` that names the first rank that differs from rank
  ///   0.
  package func verifySameOptions(_ options: [any Encodable]) throws {
    let encoder = JSONEncoder.ofAnyNumbers(formatting: .sortedKeys)
    let text = try options.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    guard let different = try ranksThatDiffer(in: text.joined(separator: "\n")).first else {
      return
    }
    throw TrainingError(
      .usage,
      "rank \(different) was started with other options than rank 0; give all ranks the same "
        + "command line and the same --config")
  }

  /// Throws on every rank if the ranks' images differ from those of rank 0.
  func verifySameData(_ source: any PortraitSource) throws {
    let digests = try allGather("\(source.contentDigest)")
    let views = try allGather("\(source.count.counted("image")) on rank \(rank) (\(hostName))")
    guard let different = digests.firstIndex(where: { $0 != digests[0] }) else { return }
    throw TrainingError(
      .badData,
      "the ranks see different data: \(views[different]), \(views[0]), or other pixels; copy the "
        + "same folder to every host")
  }

  /// Calls `work` on every rank, and throws on every rank if it fails on any: nobody goes on to
  /// wait for one that has given up.
  /// - Throws: ``TrainingError`` with the words of the first rank that failed.
  public func onEveryRank<Result>(_ work: () throws -> Result) throws -> Result {
    let outcome = Swift.Result { try work() }
    var complaint = ""
    if case .failure(let error) = outcome {
      let who = isRoot ? "" : "rank \(rank) on \(hostName): "
      complaint = "\(TrainingError.Kind(of: error).rawValue) \(who)\(error)"
    }
    guard let first = try allGather(complaint).first(where: { !$0.isEmpty }) else {
      return try outcome.get()
    }
    let parts = first.split(separator: " ", maxSplits: 1)
    throw TrainingError(
      Int32(parts[0]).flatMap(TrainingError.Kind.init) ?? .software, String(parts[1]))
  }
}
