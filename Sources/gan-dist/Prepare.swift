import ArgumentParser
import Collectives
import Foundation
import Portraits
import Training
import Wording

/// `gan-dist prepare`
struct Prepare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Pack a folder of pictures into an image store.",
    discussion: """
      Decodes every JPEG and PNG of the folder and its subfolders once, and says which files were \
      left out and why. Train on the result with --data. Without --output the store goes to the \
      cache, where train finds it.
      """)

  @Argument(help: "A folder of JPEG and PNG pictures; subfolder names become labels.")
  var folder: String

  @Option(help: "The store to write. (default: in the cache)")
  var output: String?

  @Option(help: "Side length of the stored images, in pixels.")
  var imageSize = 64

  @OptionGroup var pictures: PictureOptions

  @OptionGroup var compute: ThreadOptions

  func validate() throws {
    guard [32, 64, 128, 256].contains(imageSize) else {
      throw ValidationError("--image-size must be 32, 64, 128 or 256")
    }
  }

  func run() throws {
    try GanDist.requireSingleProcess(for: "prepare")
    if let output, FileManager.default.fileExists(atPath: output),
      (try? ImageStore.open(output)) == nil
    {
      throw TrainingError(
        .usage, "\(output) exists and is not an image store; name another place with --output")
    }
    let options = ImageStore.Options(
      imageSize: imageSize, fit: pictures.fit, background: pictures.background)
    let threads = try compute.configure(for: SoloCommunicator())
    let store =
      if let output {
        try ImageStore.build(
          folder: folder, options: options, to: output, threads: threads, progress: makeReporter())
      } else {
        try ImageStore.cached(
          folder: folder, options: options, cache: pictures.cache ?? ImageStore.defaultCache,
          threads: threads, progress: makeReporter())
      }
    store.skipped.forEach { Terminal.say("skipped \($0)") }
    Terminal.say(
      "\(store.count.counted("portrait")) of \(imageSize) × \(imageSize) pixels, "
        + "\(store.skipped.count.counted("file")) skipped")
    for (label, name) in store.labels.enumerated() {
      let count = (0..<store.count).count { store.label(of: $0) == label }
      Terminal.say("  \(count) in \(name.isEmpty ? "the folder itself" : name)")
    }
    Terminal.say("packed into \(output ?? "the cache, where train finds it")")
  }

  /// Makes what says how the work goes on.
  private func makeReporter() -> (ImageStore.Progress) -> Void {
    var hasSpokenOfWaiting = false
    return { progress in
      switch progress {
      case .decoded(let done, let total):
        if done.isMultiple(of: 200) || done == total {
          Terminal.say("decoded \(done) of \(total.counted("file"))")
        }
      case .waiting:
        if !hasSpokenOfWaiting {
          Terminal.say("waiting for another process that packs the same folder")
        }
        hasSpokenOfWaiting = true
      case .unlocked(let reason): Terminal.say("packing without a lock: \(reason)")
      }
    }
  }
}
