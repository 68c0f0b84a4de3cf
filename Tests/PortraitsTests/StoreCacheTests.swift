import Foundation
import Pictures
import Portraits
import Synchronization
import Testing

@Suite("The cache of image stores")
struct StoreCacheTests {
  private let files: PortraitFiles
  private let cache: PortraitFiles
  private let options = ImageStore.Options(imageSize: 4)

  init() throws {
    files = try PortraitFiles(portraits: 5)
    cache = try PortraitFiles()
  }

  /// Opens the folder's store and returns it with the progress that was reported.
  private func cached(
    _ options: ImageStore.Options? = nil
  ) throws -> (store: ImageStore, progress: [ImageStore.Progress]) {
    var progress: [ImageStore.Progress] = []
    let store = try ImageStore.cached(
      folder: files.path, options: options ?? self.options, cache: cache.path
    ) { progress.append($0) }
    return (store, progress)
  }

  @Test("a store is made once and then opened")
  func reuse() throws {
    let first = try cached()
    #expect(first.progress == [.decoded(0, of: 5), .decoded(5, of: 5)])
    let second = try cached()
    #expect(second.progress.isEmpty)
    #expect(second.store.contentDigest == first.store.contentDigest)
    #expect(cache.names.count == 1)
  }

  @Test("a changed folder or other options get another store")
  func changes() throws {
    _ = try cached()
    try files.addPNG("new.png", gray: 1)
    #expect(try cached().store.count == 6)
    try files.remove("0.png")
    #expect(try cached().store.count == 5)
    try files.add("1.png", bytes: PortraitFiles.picture(gray: 8).pngBytes())
    #expect(try !cached().progress.isEmpty)
    for other in [
      ImageStore.Options(imageSize: 5), ImageStore.Options(imageSize: 4, fit: .stretch),
      ImageStore.Options(imageSize: 4, background: .black),
    ] {
      #expect(try !cached(other).progress.isEmpty)
    }
    #expect(cache.names.count == 7)
  }

  @Test("a damaged store is made again")
  func damage() throws {
    let digest = try cached().store.contentDigest
    let name = try #require(cache.names.first)
    let intact = try cache.bytes(of: name)
    for bytes in [[], Array(intact.dropLast()), [UInt8](repeating: 0, count: intact.count)] {
      try cache.remove(name)
      try cache.add(name, bytes: bytes)
      let repaired = try cached()
      #expect(!repaired.progress.isEmpty)
      #expect(repaired.store.contentDigest == digest)
      #expect(try cache.bytes(of: name) == intact)
    }
  }

  @Test("when many ask at once, one makes the store")
  func concurrentBuilders() throws {
    let builds = Atomic(0)
    let digests = Mutex<[ContentDigest]>([])
    let (folder, cache, options) = (files.path, cache.path, options)
    runOnThreads(8) {
      let store = try? ImageStore.cached(folder: folder, options: options, cache: cache) {
        if case .decoded(0, _) = $0 { builds.add(1, ordering: .relaxed) }
      }
      if let store { digests.withLock { $0.append(store.contentDigest) } }
    }
    #expect(builds.load(ordering: .relaxed) == 1)
    #expect(digests.withLock { $0.count } == 8)
    #expect(digests.withLock { Set($0).count } == 1)
    #expect(self.cache.names.count == 1, "no lock file and no temporary file is left")
  }

  // Earlier compilers cannot hand values to another process's test.
  #if compiler(>=6.3)
    @Test("when many processes ask at once, one makes the store")
    func concurrentProcesses() async throws {
      let log = try PortraitFiles()
      let (folder, cache, logPath) = (files.path, cache.path, log.path)
      await withTaskGroup { group in
        for _ in 0..<4 {
          group.addTask {
            await #expect(processExitsWith: .success) {
              [folder = folder as String, cache = cache as String, logPath = logPath as String] in
              let options = ImageStore.Options(imageSize: 4)
              let store = try ImageStore.cached(folder: folder, options: options, cache: cache) {
                guard case .decoded(0, _) = $0 else { return }
                close(creat("\(logPath)/built by \(getpid())", 0o600))
              }
              #expect(store.count == 5)
            }
          }
        }
      }
      #expect(log.names.count == 1)
      #expect(self.cache.names.count == 1)
    }
  #endif

  @Test("the lock of a process that is killed does not outlive it")
  func killedBuilder() throws {
    _ = try cached()
    let name = try #require(cache.names.first)
    try cache.remove(name)
    let lockFile = cache.path(of: name + ".lock")

    let holder = Process()
    let output = Pipe()
    holder.executableURL = URL(fileURLWithPath: "/bin/sh")
    holder.arguments = ["-c", "exec 9>\"$0\"; flock 9; echo held; exec sleep 600", lockFile]
    holder.standardOutput = output
    try holder.run()
    defer { holder.terminate() }
    try #require(output.fileHandleForReading.availableData == Data("held\n".utf8))
    try cache.add(".\(name).1x2y.partial", bytes: [1, 2, 3])

    var progress: [ImageStore.Progress] = []
    let store = try ImageStore.cached(folder: files.path, options: options, cache: cache.path) {
      progress.append($0)
      if case .waiting = $0 { kill(holder.processIdentifier, SIGKILL) }
    }
    #expect(progress.first == .waiting(lockFile: lockFile))
    #expect(progress.last == .decoded(5, of: 5))
    #expect(store.count == 5)
    #expect(cache.names == [name], "what the killed one had written is gone")
  }

  @Test(
    "without locks, a store is made all the same, and what another may be writing is left alone")
  func withoutLocks() throws {
    _ = try cached()
    let name = try #require(cache.names.first)
    try cache.remove(name)
    try cache.addFolder(name + ".lock")
    let partial = ".\(name).1x2y.partial"
    try cache.add(partial, bytes: [1, 2, 3])
    let (store, progress) = try cached()
    #expect(cache.names.contains(partial))
    #expect(store.count == 5)
    guard case .unlocked = progress.first else {
      Issue.record("The progress is \(progress).")
      return
    }
  }

  @Test("who is told of the progress can end the work, which leaves nothing behind")
  func ended() throws {
    struct Enough: Error {}
    #expect(throws: Enough.self) {
      _ = try ImageStore.cached(folder: files.path, options: options, cache: cache.path) { _ in
        throw Enough()
      }
    }
    #expect(cache.names.isEmpty)
  }

  @Test("stores that were not used for long are removed when another is made")
  func removal() throws {
    _ = try cached()
    let old = try #require(cache.names.first)
    let longAgo = Date(timeIntervalSinceNow: -31 * 24 * 60 * 60)
    try cache.add("mine.portraits", bytes: [1])
    let halfWritten = ".\(old).1x2y.partial"
    try cache.add(halfWritten, bytes: [1])
    for name in [old, halfWritten, "mine.portraits"] {
      try FileManager.default.setAttributes(
        [.modificationDate: longAgo], ofItemAtPath: cache.path(of: name))
    }
    _ = try cached(ImageStore.Options(imageSize: 6))
    #expect(!cache.names.contains(old))
    #expect(!cache.names.contains(halfWritten))
    #expect(cache.names.contains("mine.portraits"))
    #expect(cache.names.count == 2)
  }

  @Test("opening a store is using it")
  func use() throws {
    _ = try cached()
    let name = try #require(cache.names.first)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -31 * 24 * 60 * 60)],
      ofItemAtPath: cache.path(of: name))
    _ = try cached()
    _ = try cached(ImageStore.Options(imageSize: 6))
    #expect(cache.names.contains(name))
  }

  @Test("a cache that cannot be made is an error that names it")
  func unwritableCache() throws {
    let place = files.path(of: "0.png/cache")
    let error = portraitError {
      _ = try ImageStore.cached(folder: files.path, options: options, cache: place)
    }
    #expect(error == .storeUnwritable(path: place, reason: "Not a directory"))
  }
}

/// Runs `body` on `count` threads of its own and returns when all have ended.
private func runOnThreads(_ count: Int, _ body: @escaping @Sendable () -> Void) {
  let threads = DispatchGroup()
  for _ in 0..<count {
    threads.enter()
    Thread {
      body()
      threads.leave()
    }.start()
  }
  threads.wait()
}
