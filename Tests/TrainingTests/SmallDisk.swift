import Foundation

/// A file system in memory of a given size, which only root can make.
final class SmallDisk {
  let path: String

  /// Whether this process may mount file systems, which in many containers not even root may.
  static let isAvailable: Bool = {
    guard let program = try? Program() else { return false }
    return (try? SmallDisk(at: program.path("disk"), kibibytes: 64)) != nil
  }()

  /// Mounts it at `path`; it is gone with this object.
  init(at path: String, kibibytes: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(kibibytes)k") == 0 else { throw Refusal() }
    self.path = path
  }

  deinit {
    umount2(path, Int32(MNT_DETACH))
  }

  /// Lets nobody write any more; nobody may have a file open for writing.
  func makeReadOnly() throws {
    guard mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
      throw Refusal()
    }
  }

  /// Takes up room with a file, until `byteCount` are left.
  func fill(leaving byteCount: Int) throws {
    let free =
      try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? Int ?? 0
    try Data(count: max(0, free - byteCount)).write(to: URL(fileURLWithPath: ballast))
  }

  /// Makes room again.
  func clear() throws {
    try FileManager.default.removeItem(atPath: ballast)
  }

  private var ballast: String { path + "/ballast" }

  private struct Refusal: Error, CustomStringConvertible {
    let description = "the system refused to mount: " + String(cString: strerror(errno))
  }
}
