import Foundation
import GANs
import Safetensors
import Testing
import Training

@Suite("A checkpoint that is not as it was written")
struct CheckpointDamageTests {
  private let program: Program
  private let configuration: TrainingConfiguration

  init() throws {
    program = try Program()
    var configuration = TrainingConfiguration()
    configuration.architecture = ArchitectureOptions(
      imageSize: 32, latentDimension: 2, featureMaps: 1)
    self.configuration = configuration
  }

  /// Writes the checkpoint of a real run, untrained, and returns where.
  private func checkpoint(step: Int = 6) throws -> String {
    let state = TrainingState(gan: try configuration.makeGAN(), seed: 3, averageHalfLife: 10)
    state.step = step
    let folder = program.path("run/checkpoints")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let path = program.checkpointFile(of: "run", step: step)
    try Checkpoint.write(state, configuration: configuration, dataDigest: "abc", to: path)
    return path
  }

  /// Expects the file to be called bad data, by a sentence that names it.
  private func expectRefusal(
    of path: String, _ damage: @autoclosure () -> String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try Checkpoint(contentsOf: path)
      Issue.record("\(damage()): accepted", sourceLocation: sourceLocation)
    } catch let error as TrainingError {
      if error.kind != .badData || !error.description.hasPrefix(path) {
        Issue.record("\(damage()): \(error)", sourceLocation: sourceLocation)
      }
    } catch {
      Issue.record("\(damage()): \(error)", sourceLocation: sourceLocation)
    }
  }

  @Test("is refused when it was cut short at any KiB")
  func cutShort() throws {
    let path = try checkpoint()
    let byteCount = try Data(contentsOf: URL(fileURLWithPath: path)).count
    let kibibytes = (byteCount - 1) / 1024
    #expect(kibibytes > 8)
    for length in (0...kibibytes).reversed() {
      try #require(truncate(path, off_t(length * 1024)) == 0)
      expectRefusal(of: path, "cut to \(length) KiB")
    }
  }

  @Test("is refused when any byte of its header is another")
  func changedHeader() throws {
    let path = try checkpoint()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
    #expect(length > 1000)
    let file = open(path, O_WRONLY)
    try #require(file >= 0)
    defer { close(file) }
    for index in 0..<8 + length {
      // One bit, a different one from byte to byte, and all bits.
      for mask in [1 << (index % 8), 0xFF] as [UInt8] {
        var changed = bytes[index] ^ mask
        try #require(pwrite(file, &changed, 1, off_t(index)) == 1)
        expectRefusal(of: path, "byte \(index) with the bits \(mask) turned over")
      }
      var honest = bytes[index]
      try #require(pwrite(file, &honest, 1, off_t(index)) == 1)
    }
    #expect(try Checkpoint(contentsOf: path).step == 6)
  }

  /// What can stand under the name of a checkpoint, by what is said of it.
  enum Impostor: String, CaseIterable, Sendable {
    case empty = "it has 0 bytes and was cut short"
    case folder = "it is a directory, not a regular file"
    case pipe = "it is a pipe, not a regular file"
    /// Not even root can read it, who reads everything else.
    case circle = "too many levels of symbolic links"
    case danglingLink = "no such file or directory"
    case text = "its header would be"

    func take(placeOf path: String) throws {
      try FileManager.default.removeItem(atPath: path)
      switch self {
      case .empty: try Data().write(to: URL(fileURLWithPath: path))
      case .folder:
        try FileManager.default.createDirectory(
          atPath: path + "/within", withIntermediateDirectories: true)
      case .pipe: #expect(mkfifo(path, 0o600) == 0)
      case .circle: #expect(symlink(path, path) == 0)
      case .danglingLink: #expect(symlink(path + " which is not there", path) == 0)
      case .text: try Data("not a checkpoint".utf8).write(to: URL(fileURLWithPath: path))
      }
    }
  }

  @Test("is passed over for the one before it", arguments: Impostor.allCases)
  func passedOver(impostor: Impostor) throws {
    _ = try checkpoint(step: 3)
    let newest = try checkpoint(step: 6)
    try impostor.take(placeOf: newest)
    let (older, passedOver) = try Checkpoint.open(program.path("run"))
    #expect(older.step == 3)
    #expect(passedOver.count == 1 && passedOver[0].contains(newest), "\(passedOver)")
  }

  /// A file that can be written but not read, not even by root.
  private static let writeOnlyFile = "/sys/bus/cpu/drivers_probe"
  private static let hasWriteOnlyFile =
    FileManager.default.fileExists(atPath: writeOnlyFile) && open(writeOnlyFile, O_RDONLY) < 0

  @Test(
    "is not passed over when it is only that it cannot be read now",
    .enabled(if: hasWriteOnlyFile, "needs a file that cannot be read"))
  func unreadable() throws {
    _ = try checkpoint(step: 3)
    let newest = try checkpoint(step: 6)
    try FileManager.default.removeItem(atPath: newest)
    try #require(symlink(Self.writeOnlyFile, newest) == 0)
    let error = #expect(throws: TrainingError.self) { try Checkpoint.open(program.path("run")) }
    #expect(error?.kind == .inputOutput)
    #expect(error?.description.hasPrefix("\(newest): cannot be read: ") == true)
    #expect(error?.description.contains("Start again once it can be read") == true)
  }

  @Test(
    "is read once that is possible again",
    .enabled(if: hasWriteOnlyFile, "needs a file that cannot be read"))
  func unreadableForAMoment() throws {
    _ = try checkpoint(step: 3)
    let newest = try checkpoint(step: 6)
    let away = program.path("away")
    try program.move("run/checkpoints/step-0000006.safetensors", to: "away")
    try #require(symlink(Self.writeOnlyFile, newest) == 0)
    Thread.detachNewThread {
      usleep(300_000)
      rename(away, newest)
    }
    #expect(try Checkpoint.open(program.path("run")).checkpoint.step == 6)
  }

  @Test("that does not read back as it was written is the disk's fault")
  func readsBackDifferently() {
    let error = SafetensorsError.readsBackDifferently(path: "a", reason: "is damaged")
    #expect(TrainingError.Kind(of: error) == .inputOutput)
  }

  @Test("is named with what is wrong with it when there is no other", arguments: Impostor.allCases)
  func onlyOne(impostor: Impostor) throws {
    let only = try checkpoint()
    try impostor.take(placeOf: only)
    let error = #expect(throws: TrainingError.self) { try Checkpoint.open(program.path("run")) }
    #expect(error?.description.contains("\(only): ") == true)
    #expect(error?.description.contains(impostor.rawValue) == true, "\(String(describing: error))")
  }
}
