import Collectives
import Foundation
import Portraits
import Wording

/// The training images of a run, as every rank sees them.
public struct PortraitData {
  public let source: any PortraitSource
  /// One line about what the images are.
  public let summary: String
  /// One line for each file that could not be used.
  public let skipped: [String]

  /// Opens or paints the images that a run is configured for, on every rank.
  /// - Parameters:
  ///   - threads: compute threads of each rank.
  ///   - deadline: when a rank is to stop decoding, as it also does when it is asked to.
  /// - Throws: ``TrainingError`` on every rank if any has no images, or others than the rest, or
  ///   has stopped decoding.
  public static func open(
    for configuration: TrainingConfiguration, imageSize: Int, threads: Int,
    until deadline: Deadline? = nil, over communicator: any Communicator
  ) throws -> PortraitData {
    let data =
      if let path = configuration.data.path {
        try communicator.onEveryRank {
          // One rank of a host decodes while the others wait for it, so it may use their cores.
          try PortraitData(
            path: path, configuration.data, imageSize: imageSize,
            threads: threads * communicator.localSize, until: deadline,
            isFirst: communicator.isRoot
          ) { communicator.activity = $0 }
        }
      } else {
        try PortraitData(
          paintedWith: configuration.data, imageSize: imageSize,
          seed: configuration.data.paintedSeed ?? configuration.seed, sharing: communicator)
      }
    try communicator.verifySameData(data.source)
    return data
  }

  /// Tells these images from others, in hexadecimal.
  public var digest: String { "\(source.contentDigest)" }

  /// Paints portraits, each rank a share of them.
  init(
    paintedWith options: TrainingConfiguration.DataOptions, imageSize: Int, seed: UInt64,
    sharing communicator: any Communicator
  ) throws {
    let (rank, size, count) = (communicator.rank, communicator.size, options.paintedCount)
    if communicator.isRoot { Terminal.say("painting \(count.counted("portrait"))") }
    let painted = PaintedPortraits(seed: seed, count: count, imageSize: imageSize)
    let share = painted.pixels(of: count * rank / size..<count * (rank + 1) / size)
    source = painted.collection(ofPixels: Array(try communicator.allGather(share).joined()))
    summary = "\(count.counted("painted portrait")) by \(PaintedPortraits.painters.count) painters"
    skipped = []
  }

  /// Opens the folder or the packed store at `path`.
  /// - Parameter isFirst: whether this is the rank that speaks for all. Of what one rank does while
  ///   others wait, that rank speaks.
  /// - Parameter report: called with what this rank is doing.
  /// - Throws: ``TrainingError`` or `PortraitError`.
  init(
    path: String, _ options: TrainingConfiguration.DataOptions, imageSize: Int, threads: Int,
    until deadline: Deadline?, isFirst: Bool, report: (String) -> Void
  ) throws {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let store: ImageStore
    if exists && !isFolder.boolValue {
      store = try ImageStore.open(path, threads: threads)
      guard store.imageSize == imageSize else {
        throw TrainingError(
          .usage,
          "\(path) holds images of \(store.imageSize) pixels, not \(imageSize); use --image-size "
            + "\(store.imageSize) or pack the folder again with gan-dist prepare"
        )
      }
    } else {
      var hasSpokenOfWaiting = false
      let start = ContinuousClock.now
      store = try ImageStore.cached(
        folder: path,
        options: ImageStore.Options(
          imageSize: imageSize, fit: options.fit, background: options.background),
        cache: options.cache ?? ImageStore.defaultCache, threads: threads
      ) { progress in
        switch progress {
        case .waiting(let lockFile):
          try goOnDecoding(path, until: deadline)
          // That the minutes change tells the others that this rank is not stuck.
          let minutes = (ContinuousClock.now - start).components.seconds / 60
          report("waiting for another process that decodes \(path), \(minutes) min")
          if isFirst && !hasSpokenOfWaiting {
            Terminal.say("waiting for another process that decodes \(path) (\(lockFile))")
          }
          hasSpokenOfWaiting = true
        case .unlocked(let reason):
          if isFirst { Terminal.say("decoding \(path) without a lock: \(reason)") }
        case .decoded(let done, let total):
          // What is complete is worth the moment that it takes to keep it.
          if done < total { try goOnDecoding(path, until: deadline) }
          report("decoding \(path), \(done) of \(total)")
          if done == total || done.isMultiple(of: 200) {
            Terminal.say("decoded \(done) of \(total.counted("file")) in \(path)")
          }
        }
      }
    }
    source = store
    let folders = store.labels.count
    summary =
      "\(store.count.counted("portrait")) of \(path)"
      + (folders > 1 ? " in \(folders) folders" : "")
      + (store.skipped.isEmpty ? "" : ", \(store.skipped.count.counted("file")) skipped")
    skipped = store.skipped.map { "skipped \($0.path): \($0.reason)" }
  }
}

/// Throws ``TrainingError`` if this process is to stop.
private func goOnDecoding(_ path: String, until deadline: Deadline?) throws {
  let isLate = deadline?.isOver == true
  guard isLate || StopSignal.isRaised else { return }
  throw TrainingError(
    .stopped,
    "stopped while \(path) was being decoded, since "
      + (isLate ? "--time-limit is over" : "it was asked to")
      + "; what is decoded in part is not kept, so let gan-dist prepare do it before training")
}
