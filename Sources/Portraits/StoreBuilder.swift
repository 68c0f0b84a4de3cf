import Files
import Foundation
import Pictures

/// Decodes the files of a folder and writes them as an image store.
struct StoreBuilder {
  let folder: PortraitFolder
  let options: ImageStore.Options
  let threads: Int

  /// What the name of a store is followed by in that of its lock file.
  static let lockSuffix = ".lock"

  /// Writes the store to `path`, where it shows up only when it is complete.
  ///
  /// - Parameter isMade: asked once no other process is making it any more; if true, there is
  ///   nothing left to do.
  /// - Throws: `PortraitError.nothingUsable` or `PortraitError.storeUnwritable`, and what
  ///   `progress` throws.
  func write(
    to path: String, unless isMade: () -> Bool = { false },
    progress: (ImageStore.Progress) throws -> Void
  ) throws {
    let lockFile = path + Self.lockSuffix
    let lock: FileLock
    do {
      lock = try FileLock(acquiring: lockFile) { try progress(.waiting(lockFile: lockFile)) }
    } catch let reason as SystemError {
      try progress(.unlocked(reason: "\(reason)"))
      return try writeUnlocked(to: path, progress: progress)
    }
    defer { lock.release() }
    if isMade() { return }
    // Nobody else writes this store now: what there is of it was left by a process that was killed.
    PartialFile.all(of: path).forEach { $0.remove() }
    try writeUnlocked(to: path, progress: progress)
  }

  private func writeUnlocked(
    to path: String, progress: (ImageStore.Progress) throws -> Void
  ) throws {
    do {
      let output = try NewFile(path)
      try write(to: output, progress: progress)
      try output.publish()
    } catch let error as SystemError {
      throw PortraitError.storeUnwritable(path: path, reason: "\(error)")
    }
  }

  private func write(
    to output: NewFile, progress: (ImageStore.Progress) throws -> Void
  ) throws {
    try output.append([UInt8](repeating: 0, count: StorePreamble.byteCount))

    var contents = StoreContents(imageSize: options.imageSize)
    var done = 0
    try progress(.decoded(0, of: folder.files.count))
    // Portions bound the memory; writing them in order makes the result independent of threads.
    for start in stride(from: 0, to: folder.files.count, by: portion) {
      let files = folder.files[start..<min(start + portion, folder.files.count)]
      let images = mapInThreads(Array(files), threads: threads, decode)
      for (file, image) in zip(files, images) {
        switch image {
        case .success(let image):
          try output.append(image.pixels)
          contents.append(file, digest: image.digest)
        case .failure(let error):
          contents.skipped.append(SkippedFile(path: file.path, reason: "\(error)"))
        }
      }
      done += files.count
      try progress(.decoded(done, of: folder.files.count))
    }

    contents.skipped = (contents.skipped + folder.skipped)
      .sorted { PortraitFolder.precedes($0.path, $1.path) }
    guard !contents.paths.isEmpty else {
      throw PortraitError.nothingUsable(path: folder.path, skipped: contents.skipped)
    }
    let description = try contents.description(options: options).encoded()
    let preamble = StorePreamble(
      pixelByteCount: output.byteCount - StorePreamble.byteCount,
      descriptionByteCount: description.count)
    try output.append(description)
    try output.overwrite(preamble.encoded(before: description), at: 0)
  }

  /// The number of files decoded before their images are written.
  private var portion: Int {
    let bytesPerImage = options.imageSize * options.imageSize * 3
    return max(threads, min(threads * 32, 64_000_000 / bytesPerImage))
  }

  private struct DecodedImage: Sendable {
    let pixels: [UInt8]
    let digest: ContentDigest
  }

  private func decode(_ file: PortraitFolder.File) -> Result<DecodedImage, any Error> {
    Result {
      let picture = try Picture(
        contentsOf: folder.path + "/" + file.path, background: options.background,
        limits: options.limits)
      let square = picture.resized(
        to: options.imageSize, fit: options.fit, background: options.background)
      return DecodedImage(pixels: square.pixels, digest: ContentDigest(of: square.pixels))
    }
  }
}

/// What a store under construction holds so far.
private struct StoreContents {
  private(set) var paths: [String] = []
  private var imageLabels: [Int] = []
  private var labels: [String] = []
  private var labelIndices: [String: Int] = [:]
  private var digest: ContentDigestOfImages
  var skipped: [SkippedFile] = []

  init(imageSize: Int) {
    digest = ContentDigestOfImages(imageSize: imageSize)
  }

  mutating func append(_ file: PortraitFolder.File, digest imageDigest: ContentDigest) {
    let label = file.label
    let labelIndex = labelIndices[label] ?? labels.count
    if labelIndex == labels.count {
      labels.append(label)
      labelIndices[label] = labelIndex
    }
    paths.append(file.path)
    imageLabels.append(labelIndex)
    digest.append(imageDigest: imageDigest, label: label)
  }

  /// Describes the store, its labels sorted.
  func description(options: ImageStore.Options) -> StoreDescription {
    let order = labels.indices.sorted { PortraitFolder.precedes(labels[$0], labels[$1]) }
    var rank = [Int](repeating: 0, count: labels.count)
    for (place, index) in order.enumerated() { rank[index] = place }
    return StoreDescription(
      imageSize: options.imageSize, fit: options.fit, background: options.background,
      labels: order.map { labels[$0] }, imageLabels: imageLabels.map { rank[$0] },
      imagePaths: paths, skipped: skipped, contentDigest: digest.digest)
  }
}
