import Files
import Foundation

extension ImageStore {
  /// Where `cached` keeps stores unless told otherwise: `gan-dist` in `$XDG_CACHE_HOME`, or in
  /// `.cache` of the home folder.
  public static var defaultCache: String {
    let environment = ProcessInfo.processInfo.environment
    func folder(_ name: String) -> String? {
      environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    // Foundation asks the list of users, which knows nothing of a HOME that a container or a batch
    // system has set.
    let home = folder("HOME") ?? NSHomeDirectory()
    return (folder("XDG_CACHE_HOME") ?? home + "/.cache") + "/gan-dist"
  }

  /// Opens the store of the folder at `folder` in the cache, making it first if there is none.
  ///
  /// A store belongs to the paths, sizes and times of all files in the folder and to `options`, so
  /// a changed folder gets a new one; a damaged store is made again. When several processes ask
  /// for the same store, one makes it and the others wait. Stores that were not opened for thirty
  /// days are removed when another is made.
  ///
  /// - Parameters:
  ///   - cache: The cache's folder, which is made if it is missing.
  ///   - threads: The number of files decoded at a time.
  ///   - progress: Called on the calling thread; what it throws ends the work.
  /// - Throws: A `PortraitError` if the folder has no usable portrait or the cache cannot be
  ///   written.
  public static func cached(
    folder: String, options: Options, cache: String = defaultCache, threads: Int = 1,
    progress: (Progress) throws -> Void = { _ in }
  ) throws -> ImageStore {
    let folder = try PortraitFolder(scanning: folder)
    let builder = StoreBuilder(folder: folder, options: options, threads: threads)
    let cache = StoreCache(path: cache)
    let storePath = cache.storePath(for: folder, options: options)
    if let store = cache.openStore(storePath, threads: threads) { return store }

    try cache.create()
    // A process that was waited for has probably made the store.
    var made: ImageStore?
    try builder.write(
      to: storePath,
      unless: {
        made = cache.openStore(storePath, threads: threads)
        return made != nil
      }, progress: progress)
    cache.removeUnused()
    return try made ?? open(storePath, threads: threads)
  }
}

/// A folder of image stores that are named by what they were made from.
private struct StoreCache {
  private static let storeSuffix = ".portraits"
  private static let daysKept = 30.0

  let path: String

  func create() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw PortraitError.storeUnwritable(path: path, reason: systemReason(of: error))
    }
  }

  func storePath(for folder: PortraitFolder, options: ImageStore.Options) -> String {
    var key = folder.digest
    key.append(options.imageSize)
    key.append(options.fit.rawValue)
    key.append("\(options.background)")
    key.append(options.limits.maximumSide)
    key.append(options.limits.maximumPixels)
    key.append(options.limits.maximumFileBytes)
    return "\(path)/\(key)\(Self.storeSuffix)"
  }

  /// Opens a complete store and notes that it was used; returns nil if there is none.
  func openStore(_ path: String, threads: Int) -> ImageStore? {
    guard let store = try? ImageStore.open(path, threads: threads) else { return nil }
    utimensat(AT_FDCWD, path, nil, 0)
    return store
  }

  /// Removes what was not used for long, and touches no file that was not named by this cache.
  func removeUnused() {
    let limit = Date(timeIntervalSinceNow: -Self.daysKept * 24 * 60 * 60)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      let parts = (PartialFile(name)?.name ?? name).split(separator: ".", maxSplits: 1)
      guard
        parts.count == 2, ContentDigest(hexadecimal: String(parts[0])) != nil,
        ("." + parts[1]).hasPrefix(Self.storeSuffix)
      else { continue }
      let file = path + "/" + name
      let attributes = try? FileManager.default.attributesOfItem(atPath: file)
      if let lastUse = attributes?[.modificationDate] as? Date, lastUse < limit { unlink(file) }
    }
  }
}
