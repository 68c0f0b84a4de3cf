import Foundation
import Pictures

/// A folder of portraits, decoded once and kept in one memory-mapped file.
///
/// The file can be packed explicitly, with `build(folder:options:to:threads:progress:)`, and opened
/// on any host, or made on demand in a cache, with
/// `cached(folder:options:cache:threads:progress:)`. It is never changed once it is complete.
public final class ImageStore: PortraitSource {
  /// How files become images of one size.
  public struct Options: Equatable, Sendable {
    /// The image sizes that are possible.
    public static let imageSizes = 1...4096

    /// The width and the height of every image, in pixels.
    public let imageSize: Int
    /// How pictures that are not square are made so.
    public let fit: Fit
    /// What shows through transparent pixels and fills up padded pictures.
    public let background: RGB
    /// The largest files and pictures that are decoded.
    public let limits: DecodingLimits

    /// Creates options; `imageSize` is one of `imageSizes`.
    public init(
      imageSize: Int, fit: Fit = .crop, background: RGB = .white,
      limits: DecodingLimits = .standard
    ) {
      precondition(Self.imageSizes.contains(imageSize), "There is no image size \(imageSize).")
      self.imageSize = imageSize
      self.fit = fit
      self.background = background
      self.limits = limits
    }
  }

  /// What is happening while a store is made.
  public enum Progress: Hashable, Sendable {
    /// So many of all files are decoded.
    case decoded(Int, of: Int)
    /// Another process is making the same store and holds this lock file; said several times a
    /// second until it is done.
    case waiting(lockFile: String)
    /// The cache's file system has no locks, so other processes may do the same work.
    case unlocked(reason: String)
  }

  public var count: Int { description.count }
  public var imageSize: Int { description.imageSize }
  public var labels: [String] { description.labels }
  public var contentDigest: ContentDigest { description.contentDigest }

  /// How pictures that were not square were made so.
  public var fit: Fit { description.fit }
  /// What shows through transparent pixels and fills up padded pictures.
  public var background: RGB { description.background }
  /// The files that were left out when the store was made, and why.
  public var skipped: [SkippedFile] { description.skipped }

  private let file: MappedFile
  private let description: StoreDescription

  private init(file: MappedFile) throws {
    let preamble = try StorePreamble.read(from: file.bytes)
    description = try StoreDescription(
      Data(file.bytes[preamble.descriptionRange]), pixelByteCount: preamble.pixelByteCount)
    self.file = file
  }

  /// Opens the store at `path` after verifying every byte of it.
  ///
  /// - Parameter threads: The number of images verified at a time, each at about 1 GB/s.
  /// - Throws: `PortraitError.storeUnreadable` or `PortraitError.storeDamaged`.
  public static func open(_ path: String, threads: Int = 1) throws -> ImageStore {
    let file = try MappedFile(path)
    do {
      let store = try ImageStore(file: file)
      try store.verifyPixels(threads: threads)
      return store
    } catch let damage as StoreDamage {
      throw PortraitError.storeDamaged(path: path, reason: damage.reason)
    }
  }

  /// Decodes the folder at `folder` into a store at `path`, replacing any file there.
  ///
  /// The result does not depend on the number of threads. Files that cannot be used are left out
  /// and listed in `skipped`.
  ///
  /// - Parameters:
  ///   - threads: The number of files decoded at a time.
  ///   - progress: Called on the calling thread; what it throws ends the work.
  /// - Throws: A `PortraitError` if the folder has no usable portrait or the store cannot be
  ///   written; the file at `path` is then as it was.
  public static func build(
    folder: String, options: Options, to path: String, threads: Int = 1,
    progress: (Progress) throws -> Void = { _ in }
  ) throws -> ImageStore {
    try StoreBuilder(
      folder: try PortraitFolder(scanning: folder), options: options, threads: threads
    ).write(to: path, progress: progress)
    return try open(path, threads: threads)
  }

  /// - Throws: `StoreDamage` if the images are not those that the store was made with.
  private func verifyPixels(threads: Int) throws {
    let imageDigests = mapInThreads(Array(0..<count), threads: threads) { index in
      self.withPixels(of: index) { ContentDigest(of: $0) }
    }
    var found = ContentDigestOfImages(imageSize: imageSize)
    for (index, digest) in imageDigests.enumerated() {
      found.append(imageDigest: digest, label: labels[label(of: index)])
    }
    guard found.digest == contentDigest else {
      throw StoreDamage("its images are not those that it was made with")
    }
  }

  public func label(of index: Int) -> Int { description.imageLabels[index] }

  /// Returns the path of the file that the image at `index` was made from, relative to the folder.
  public func relativePath(of index: Int) -> String { description.imagePaths[index] }

  public func withPixels<Result>(
    of index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    precondition((0..<count).contains(index), "There is no image \(index) of \(count).")
    let start = StorePreamble.byteCount + index * bytesPerImage
    let image = UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + bytesPerImage])
    return try withExtendedLifetime(file) {
      try image.withMemoryRebound(to: UInt8.self, body)
    }
  }

  /// Returns the image at `index` as a picture.
  public func picture(at index: Int) -> Picture {
    withPixels(of: index) { Picture(width: imageSize, height: imageSize, pixels: Array($0)) }
  }
}
