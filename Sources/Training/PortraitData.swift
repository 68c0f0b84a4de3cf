import Collectives
import Foundation
import Portraits

/// The training images of a run, as every rank sees them.
struct PortraitData {
  let source: any PortraitSource
  /// One line about what the images are.
  let summary: String
  /// One line for each file that could not be used.
  let skipped: [String]

  /// Tells these images from others, in hexadecimal.
  var digest: String { "\(source.contentDigest)" }

  /// Opens what `options` name: a folder, a packed store, or the painted portraits.
  /// - Parameter note: told about work that takes time.
  /// - Throws: ``TrainingError`` or `PortraitError`.
  init(
    _ options: TrainingConfiguration.DataOptions, imageSize: Int, seed: UInt64, threads: Int,
    note: (String) -> Void
  ) throws {
    guard let path = options.path else {
      let painted = PaintedPortraits(
        seed: seed, count: options.paintedCount, imageSize: imageSize)
      source = painted.painted()
      summary =
        "\(options.paintedCount) painted portraits by \(PaintedPortraits.painters.count) painters"
      skipped = []
      return
    }
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let store: ImageStore
    if exists && !isFolder.boolValue {
      store = try ImageStore.open(path)
      guard store.imageSize == imageSize else {
        throw TrainingError(
          .usage,
          "\(path) holds images of \(store.imageSize) pixels, not \(imageSize); use --image-size \(store.imageSize) or pack the folder again with gan-dist prepare"
        )
      }
    } else {
      store = try ImageStore.cached(
        folder: path,
        options: ImageStore.Options(
          imageSize: imageSize, fit: options.fit, background: options.background),
        cache: options.cache ?? ImageStore.defaultCache, threads: threads
      ) { progress in
        switch progress {
        case .waiting(let lockFile):
          note("waiting for another process that decodes \(path) (\(lockFile))")
        case .unlocked(let reason): note("decoding \(path) without a lock: \(reason)")
        case .decoded(let done, let total):
          if done == total || done.isMultiple(of: 500) { note("decoded \(done) of \(total) files") }
        }
      }
    }
    source = store
    let folders = store.labels.count
    summary =
      "\(store.count) portraits of \(path)" + (folders > 1 ? " in \(folders) folders" : "")
      + (store.skipped.isEmpty ? "" : ", \(store.skipped.count) files skipped")
    skipped = store.skipped.map { "skipped \($0.path): \($0.reason)" }
  }
}

extension Communicator {
  /// Throws on every rank if the ranks' images differ from those of rank 0.
  func verifySameData(_ source: any PortraitSource) throws {
    let views = try allGather("\(source.contentDigest) \(source.count) \(hostName)")
      .map { $0.split(separator: " ", maxSplits: 2) }
    guard let different = views.firstIndex(where: { $0[0] != views[0][0] }) else { return }
    throw TrainingError(
      .badData,
      "the ranks see different data: \(views[different][1]) images on rank \(different) "
        + "(\(views[different][2])), \(views[0][1]) on rank 0 (\(views[0][2])), or other pixels; "
        + "copy the same folder to every host")
  }

  /// Calls `work` on every rank, and throws on every rank if it fails on any: nobody goes on to
  /// wait for one that has given up.
  public func onEveryRank<Result>(_ work: () throws -> Result) throws -> Result {
    let outcome = Swift.Result { try work() }
    var complaint = ""
    if case .failure(let error) = outcome {
      complaint = "\(TrainingError.Kind(of: error).rawValue) \(error)"
    }
    let complaints = try allGather(complaint)
    guard let failed = complaints.firstIndex(where: { !$0.isEmpty }) else {
      return try outcome.get()
    }
    let parts = complaints[failed].split(separator: " ", maxSplits: 1)
    let kind = Int32(parts[0]).flatMap(TrainingError.Kind.init) ?? .software
    let everywhere = complaints.allSatisfy { $0 == complaints[failed] }
    throw TrainingError(kind, (everywhere ? "" : "rank \(failed): ") + parts.dropFirst().joined())
  }
}
